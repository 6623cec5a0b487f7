// SPDX-License-Identifier: Apache-2.0
//
// Widening: where a loop or a callback runs any number of times, what changes from one time to the next is not followed
// to the end. Values that grow are given more than they need, in steps that are few.
#pragma once

#include <span>

#include "verifier/lattice.h"

namespace perdita::verifier {

// A state that covers both. Ends of ranges that move stop at `thresholds` (ascending) and at sizes that numbers often
// have; with `at_once` they go all the way. A chain known, widen(known, …), … stops growing.
State widen(const State& known, const State& next, uint32_t& next_id, std::span<const int64_t> thresholds = {},
            bool at_once = false);

}  // namespace perdita::verifier
