// SPDX-License-Identifier: Apache-2.0
//
// Orders that change a map of an installed package: { 1: 4, 6: map, 7: key, 8: value, 9: flags } updates,
// { 1: 5, 6: map, 7: key } deletes (docs/spec/package.md). Freestanding; any context; views into the payload.
#pragma once

#include "wire/package.h"

namespace perdita::wire {

// Whether an order's payload, of any content, begins as one of these.
bool is_map_order(Bytes payload);

// Fills operation, map, key, value and flags.
Status read_map_order(Bytes payload, OrderView& view);

}  // namespace perdita::wire
