// SPDX-License-Identifier: Apache-2.0
//
// Widening: where a callback runs any number of times, what it changes in its caller's memory from one time to the next
// is not followed to the end. Values that grow are given more than they need, in steps that are few.
#pragma once

#include "verifier/lattice.h"

namespace perdita::verifier {

// A state that covers both. A chain known, widen(known, …), … in which each covers the one before stops growing: a
// number that changes goes through at most kWidths ranges, a pointer that changes is lost.
State widen(const State& known, const State& next, uint32_t& next_id);

}  // namespace perdita::verifier
