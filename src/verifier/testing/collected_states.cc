// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/collected_states.h"

#include "verifier/liveness.h"
#include "verifier/references.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::testing {

void CollectedStates::at(const State& state, uint32_t pc) {
  if (++count_ > most_) return;
  CallPath path;
  for (size_t i = 1; i < state.frames.size(); i++) path.push_back(state.frames[i].call_site);
  states_[{std::move(path), pc}].push_back(state);
}

const std::vector<State>& CollectedStates::at(const CallPath& path, uint32_t pc) const {
  static const std::vector<State> none;
  auto found = states_.find({path, pc});
  return found == states_.end() ? none : found->second;
}

void collect_states(const object::Module& module, CollectedStates& states) {
  collect_states(module, TestPlatform(), states);
}

void collect_states(const object::Module& module, const platform::Platform& platform, CollectedStates& states) {
  const object::Prog& prog = module.progs[0];
  Subject subject{module, prog, *platform.hook_for_section(prog.section), functions_of(module, platform)};
  Report report(prog);
  Flow flow;
  for (const object::Subprogram& subprogram : prog.subprograms) {
    build_graph(prog, subprogram, flow.graphs.emplace_back());
    flow.live.push_back(live_registers(subject, flow.graphs.back()));
  }
  Analysis analysis(subject, report);
  run_fixpoint(analysis, flow, &states);
}

}  // namespace perdita::verifier::testing
