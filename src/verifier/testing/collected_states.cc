// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/collected_states.h"

#include "verifier/analyse.h"
#include "verifier/liveness.h"
#include "verifier/references.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::testing {

void CollectedStates::at(const State& state, uint32_t pc) {
  if (++count_ > most_) return;
  CallPath path;
  for (size_t i = 1; i < state.frames.size(); i++) path.push_back(state.frames[i].call_site);
  auto& kept = states_[{std::move(path), pc}];
  kept.push_back(state);
  kept.back().drop_unused_differences();  // as states are where paths meet
}

void CollectedStates::begin() {
  states_.clear();
  count_ = 0;
}

const std::vector<State>& CollectedStates::at(const CallPath& path, uint32_t pc) const {
  static const std::vector<State> none;
  auto found = states_.find({path, pc});
  return found == states_.end() ? none : found->second;
}

void collect_states(const object::Module& module, CollectedStates& states) {
  TestPlatform platform;
  const object::Prog& prog = module.progs[0];
  Subject subject{module, prog, *platform.hook(prog.section), functions_of(module, platform), platform};
  Report report(prog);
  Flow flow;
  for (const object::Subprogram& subprogram : prog.subprograms) {
    build_graph(prog, subprogram, flow.graphs.emplace_back());
    flow.live.push_back(live_registers(subject, flow.graphs.back()));
  }
  analyse(subject, flow, report, &states);
}

}  // namespace perdita::verifier::testing
