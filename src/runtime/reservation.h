// SPDX-License-Identifier: Apache-2.0
//
// Which reservations of ring buffers an activity holds, so that none outlives it. At the activity's level; constant
// time but for release_reservations, which is linear in what is held.
#pragma once

#include "runtime/engine.h"

namespace perdita::runtime {

// Memory in the ring buffer, or null where there is no room or isa::kMaxReservations are held.
uint8_t* reserve(Activity& activity, Map& map, const perdita_port& port, uint64_t size_bytes);

// Submits or discards what reserve() returned. False where the activity does not hold it: nothing happened.
bool release(Activity& activity, const void* sample, bool discard, uint64_t flags);

// Discards what is still held: for whoever fired, when the program has ended or faulted.
void release_reservations(Activity& activity);

}  // namespace perdita::runtime
