// SPDX-License-Identifier: Apache-2.0
//
// Pointers that a call makes invalid become released, wherever they are kept: registers, the callers' saved ones, and
// every frame's stack.
#pragma once

#include "verifier/state.h"

namespace perdita::verifier {

// The packet may have another place and size: pointers into it and behind its end are gone, and so is what was known
// about its size.
void move_packet(State& state, uint32_t packet_max_bytes);

// Objects that were found through an acquired one, which is released.
void release_owned(State& state, uint32_t reservation);

}  // namespace perdita::verifier
