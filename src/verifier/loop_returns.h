// SPDX-License-Identifier: Apache-2.0
//
// How often a loop returns to its head: by numbers that grow or fall there and stay within a limit, by bits that get
// fewer, and by what facts about several numbers say of a number or of the difference of two.
#pragma once

#include <map>

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
};

// The most that the way back is taken, `back` being what came back from an iteration. All states are about the same
// names (State::lasting_ids).
uint64_t most_returns(const LoopIteration& loop, const States& back);

}  // namespace perdita::verifier
