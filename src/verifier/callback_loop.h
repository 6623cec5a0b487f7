// SPDX-License-Identifier: Apache-2.0
//
// One call of a helper that calls a subprogram back, any number of times up to a bound: loop and for_each_map_elem. The
// callback is analysed for an arbitrary iteration: from states that hold before every one of them. These are found by
// going round: what comes back from the callback is added to what it is called with, until nothing new comes back;
// first state by state, then joined and widened. What an iteration costs is the most that any of them costs, and the
// call costs so many times that. Used by the fixpoint alone; one object per call and state.
#pragma once

#include "verifier/state_set.h"
#include "verifier/transfer.h"

namespace perdita::verifier {

// A call whose arguments were accepted.
struct CallbackPlan {
  uint32_t subprogram = 0;
  uint64_t most_iterations = 0;
  bool walks = false;                     // over a map's elements
  Scalar64 result = Scalar64::unknown();  // what the helper returns: how often it called, or an error
  bool may_skip = true;                   // the callback may never be called
  RegValue arguments[PERDITA_MAX_ARGS];   // r1 to r5 of the callback, in any iteration
};

// Checks the call at `pc`, applies what it does to the registers, and adds what the helper's own routine costs. Empty
// where it was refused.
std::optional<CallbackPlan> plan_callbacks(Analysis& analysis, State& state, uint32_t pc);

class CallbackLoop {
 public:
  // `before`: behind plan_callbacks; no iteration has run.
  CallbackLoop(Analysis& analysis, CallbackPlan plan, State before);

  uint32_t subprogram() const { return plan_.subprogram; }
  // Sets r1 to r5 of a state that has just entered the callback.
  void pass_arguments(State& state) const;
  // States to call the callback from that were not covered before; empty when the loop is understood.
  States next_round() { return std::exchange(fresh_, {}); }
  // What came back from them, in the caller's frame, r0 being the callback's result.
  void came_back(States states);
  // The states behind the helper's call.
  States finish();

 private:
  void add(State state);

  Analysis& analysis_;
  CallbackPlan plan_;
  Cost before_, per_iteration_;
  States known_;  // cover every state before an iteration
  States fresh_;
  StateSet after_;
  unsigned rounds_ = 0;
};

}  // namespace perdita::verifier
