// SPDX-License-Identifier: Apache-2.0
//
// Order and join of states at one point of one call chain. `covers(outer, inner)`: every execution that inner describes
// is described by outer; facts about differences are about numbers that values
// are counted from (State::drop_unused_differences). `join`: a state that covers both. Cost is no part of the order:
// the join has the larger one.
#pragma once

#include "verifier/state.h"

namespace perdita::verifier {

bool covers(const State& outer, const State& inner);

// `next_id` gives fresh identities and is moved on.
State join(const State& a, const State& b, uint32_t& next_id);

// Whether the two differ in numbers only: registers and cells hold the same kinds of things. Joining them loses less.
bool same_shape(const State& a, const State& b);

}  // namespace perdita::verifier
