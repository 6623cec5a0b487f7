// SPDX-License-Identifier: Apache-2.0
//
// Test only. The states that the analysis has at each instruction of each call chain.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "platform/platform.h"
#include "verifier/fixpoint.h"

namespace perdita::verifier::testing {

using CallPath = std::vector<uint32_t>;  // instructions that called, outermost first

// States of one instruction of one call chain, in the order in which the analysis had them.
struct StatesHere {
  std::vector<State> states;
  mutable size_t last_found = 0;  // where a search starts: a run meets them about in order
};

class CollectedStates : public Observer {
 public:
  explicit CollectedStates(size_t most) : most_(most) {}

  void at(const State& state, uint32_t pc) override;
  void begin() override;
  // Whether there were no more states than are kept.
  bool complete() const { return count_ <= most_; }
  size_t count() const { return count_; }
  // By instruction; those without states are empty, or behind the end.
  const std::vector<StatesHere>& along(const CallPath& path) const;
  // All of them, by call chain and instruction.
  std::map<std::pair<CallPath, uint32_t>, std::vector<State>> all() const;

 private:
  size_t most_;
  size_t count_ = 0;
  std::map<CallPath, std::vector<StatesHere>> states_;
  // Where the last state went: the next one mostly goes there too.
  CallPath path_;
  std::vector<StatesHere>* here_ = nullptr;
};

// Runs the analysis of the module's one program, which verify() has accepted or at least found sound in structure.
void collect_states(const object::Module& module, const platform::Platform& platform, CollectedStates& states);
// On the test platform.
void collect_states(const object::Module& module, CollectedStates& states);
// Those of an attempt with facts about several numbers (linear.h), which analyse() makes only where others fail, and
// what it says of costs; loops are followed for so many iterations at first. Nothing where it finds an error.
std::optional<FixpointResult> collect_linear_states(const object::Module& module, CollectedStates& states,
                                                    uint64_t exact_iterations = 1);

}  // namespace perdita::verifier::testing
