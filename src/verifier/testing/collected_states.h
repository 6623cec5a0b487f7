// SPDX-License-Identifier: Apache-2.0
//
// Test only. The states that the analysis has at each instruction of each call chain.
#pragma once

#include <map>
#include <vector>

#include "platform/platform.h"
#include "verifier/fixpoint.h"

namespace perdita::verifier::testing {

using CallPath = std::vector<uint32_t>;  // instructions that called, outermost first

class CollectedStates : public Observer {
 public:
  explicit CollectedStates(size_t most) : most_(most) {}

  void at(const State& state, uint32_t pc) override;
  // Whether there were no more states than are kept.
  bool complete() const { return count_ <= most_; }
  const std::vector<State>& at(const CallPath& path, uint32_t pc) const;
  const std::map<std::pair<CallPath, uint32_t>, std::vector<State>>& all() const { return states_; }

 private:
  size_t most_;
  size_t count_ = 0;
  std::map<std::pair<CallPath, uint32_t>, std::vector<State>> states_;
};

// Runs the analysis of the module's one program, which verify() has accepted or at least found sound in structure.
void collect_states(const object::Module& module, const platform::Platform& platform, CollectedStates& states);
// On the test platform.
void collect_states(const object::Module& module, CollectedStates& states);

}  // namespace perdita::verifier::testing
