// SPDX-License-Identifier: Apache-2.0
//
// How often a loop returns to its head: by numbers that grow or fall there and stay within a limit, by bits that get
// fewer, and by what facts about several numbers say of a number or of the difference of two.
#pragma once

#include <map>
#include <vector>

#include "verifier/analysis.h"
#include "verifier/states.h"
#include "verifier/values_of.h"

namespace perdita::verifier {

constexpr uint64_t kUnboundedReturns = UINT64_MAX;

// One iteration of a loop, as a guess of what holds at its head has it.
struct LoopIteration {
  const Analysis& analysis;  // of that iteration
  const State& entry;        // before the first one
  const State& head;         // before any one
  // Counters: what each iteration adds, exactly; 0 where so many iterations are possible that it might not be exact.
  const std::map<ValuePlace, int64_t>& steps;
  uint32_t lasting_ids;  // names below mean the same at the head as where the loop is entered
};

// How the number at one place moves, be it a pointer's offset. All of it is exact: nothing is beyond 2^61.
struct Moves {
  RegValue first, before;   // where the loop is entered, and at its head
  Scalar64 start;           // the number where the loop is entered
  int64_t highest, lowest;  // on the way back
  // For each state that came back, what it has gone up, or down, at least; INT64_MIN: not known.
  std::vector<int64_t> least_up, least_down;
  bool is_counter;
};
// Nothing where it is not a number, or not known exactly.
std::optional<Moves> moves_at(const LoopIteration& loop, const ValuePlace& place, const States& back);

// The most that the way back is taken, `back` being what came back from an iteration. All states are about the same
// names (State::lasting_ids).
uint64_t most_returns(const LoopIteration& loop, const States& back);

}  // namespace perdita::verifier
