// SPDX-License-Identifier: Apache-2.0
#include "verifier/state_set.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

bool covered(const States& by, const States& states) {
  return std::all_of(states.begin(), states.end(), [&by](const State& state) {
    return std::any_of(by.begin(), by.end(), [&state](const State& outer) { return covers(outer, state); });
  });
}

// Otherwise one would stand for the other, and what its loops share with a loop around would be lost (PathCost).
bool same_loops(const State& a, const State& b) { return std::ranges::equal(a.cost.loops(), b.cost.loops()); }

bool same_reservations(const State& a, const State& b) { return a.reservations == b.reservations; }

// Joins each with the first one before it that `alike` finds.
States joined_where(States states, bool (*alike)(const State&, const State&), uint32_t& next_id) {
  States joined;
  for (size_t i = 0; i < states.size(); i++) {
    State& state = states[i];
    auto other = std::find_if(joined.begin(), joined.end(), [&](const State& known) { return alike(known, state); });
    if (other == joined.end()) {
      joined.add(states.take(i));
    } else {
      *other = join(*other, state, next_id);
    }
  }
  return joined;
}

}  // namespace

void StateSet::add(std::unique_ptr<State> state, uint32_t& next_id, size_t most) {
  for (State& known : states_) {
    if (!same_loops(known, *state) || !covers(known, *state)) continue;
    known.cost.raise_to(state->cost);
    return;
  }
  states_.erase_if([&state](const State& known) {
    if (!same_loops(known, *state) || !covers(*state, known)) return false;
    state->cost.raise_to(known.cost);
    return true;
  });
  states_.add(std::move(state));
  if (states_.size() > most) shrink(next_id, most);
}

void StateSet::shrink(uint32_t& next_id, size_t most) {
  States joined = joined_where(std::move(states_), same_shape, next_id);
  // States that hold different reservations have nothing good in common: they are kept apart for as long as it goes.
  if (joined.size() > most / 2) joined = joined_where(std::move(joined), same_reservations, next_id);
  if (joined.size() > most / 2) {
    State all = std::move(joined[0]);
    for (size_t i = 1; i < joined.size(); i++) all = join(all, joined[i], next_id);
    joined = {};
    joined.add(std::move(all));
  }
  states_ = std::move(joined);
}

void StateSet::join_alike(uint32_t& next_id) { states_ = joined_where(std::move(states_), same_shape, next_id); }

bool StateSet::same(const StateSet& a, const StateSet& b) {
  return covered(a.states_, b.states_) && covered(b.states_, a.states_);
}

}  // namespace perdita::verifier
