// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/collected_states.h"

#include "verifier/analyse.h"
#include "verifier/liveness.h"
#include "verifier/references.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::testing {

void CollectedStates::at(const State& state, uint32_t pc) {
  if (++count_ > most_) return;
  bool same = here_ != nullptr && path_.size() + 1 == state.frames.size();
  for (size_t i = 0; same && i < path_.size(); i++) same = path_[i] == state.frames[i + 1].call_site;
  if (!same) {
    path_.clear();
    for (size_t i = 1; i < state.frames.size(); i++) path_.push_back(state.frames[i].call_site);
    here_ = &states_[path_];
  }
  if (here_->size() <= pc) here_->resize(pc + 1);
  std::vector<State>& kept = (*here_)[pc].states;
  kept.push_back(state);
  kept.back().drop_unused_differences();  // as states are where paths meet
}

void CollectedStates::begin() {
  states_.clear();
  path_.clear();
  here_ = nullptr;
  count_ = 0;
}

const std::vector<StatesHere>& CollectedStates::along(const CallPath& path) const {
  static const std::vector<StatesHere> none;
  auto found = states_.find(path);
  return found == states_.end() ? none : found->second;
}

std::map<std::pair<CallPath, uint32_t>, std::vector<State>> CollectedStates::all() const {
  std::map<std::pair<CallPath, uint32_t>, std::vector<State>> all;
  for (const auto& [path, here] : states_) {
    for (uint32_t pc = 0; pc < here.size(); pc++) {
      if (!here[pc].states.empty()) all[{path, pc}] = here[pc].states;
    }
  }
  return all;
}

namespace {

struct Collecting {
  Subject subject;
  Report report;
  Flow flow;

  Collecting(const object::Module& module, const platform::Platform& platform)
      : subject{module, module.progs[0], *platform.hook_for_section(module.progs[0].section),
                functions_of(module, platform), platform},
        report(module.progs[0]) {
    for (const object::Subprogram& subprogram : subject.prog.subprograms) {
      build_graph(subject.prog, subprogram, flow.graphs.emplace_back());
      flow.live.push_back(live_registers(subject, flow.graphs.back()));
    }
  }
};

}  // namespace

void collect_states(const object::Module& module, const platform::Platform& platform, CollectedStates& states) {
  Collecting of(module, platform);
  analyse(of.subject, of.flow, of.report, &states);
}

void collect_states(const object::Module& module, CollectedStates& states) {
  collect_states(module, TestPlatform(), states);
}

std::optional<FixpointResult> collect_linear_states(const object::Module& module, CollectedStates& states,
                                                    uint64_t exact_iterations) {
  const TestPlatform platform;
  Collecting of(module, platform);
  Analysis analysis(of.subject, of.report);
  states.begin();
  FixpointResult result = run_fixpoint(
      analysis, of.flow,
      {.exact_iterations = exact_iterations, .states = kFewStates, .budget_share = 64, .linear = true}, &states);
  if (of.report.any()) return std::nullopt;
  result.worst.instructions = saturated_sum(result.worst.instructions, tail_bound(analysis.tail_instructions));
  return result;
}

}  // namespace perdita::verifier::testing
