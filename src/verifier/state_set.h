// SPDX-License-Identifier: Apache-2.0
//
// The states that reach one point of one call chain: a bounded disjunction. Keeping several apart is what lets a later
// branch see that it is correlated with an earlier one; covering and joining keep their number bounded.
#pragma once

#include <memory>
#include <utility>

#include "verifier/lattice.h"
#include "verifier/states.h"

namespace perdita::verifier {

constexpr size_t kMaxStates = 32;
constexpr size_t kFewStates = 8;     // where it is tried what is true
constexpr size_t kManyStates = 256;  // where more is to be known, at a price

class StateSet {
 public:
  // Adds the state unless one that covers it is there; drops those that it covers. Beyond `most` all that have the
  // same shape are joined, and if that is not enough, all.
  void add(std::unique_ptr<State> state, uint32_t& next_id, size_t most = kMaxStates);
  void add(State state, uint32_t& next_id, size_t most = kMaxStates) {
    add(std::make_unique<State>(std::move(state)), next_id, most);
  }

  // Joins all that have the same shape.
  void join_alike(uint32_t& next_id);

  bool empty() const { return states_.empty(); }
  const States& states() const { return states_; }
  States take() { return std::exchange(states_, {}); }

  // Each state of one set is covered by a state of the other, both ways.
  static bool same(const StateSet& a, const StateSet& b);

 private:
  void shrink(uint32_t& next_id, size_t most);

  States states_;
};

}  // namespace perdita::verifier
