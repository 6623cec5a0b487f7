// SPDX-License-Identifier: Apache-2.0
//
// What a hash map that evicts adds to hash_map.h: which entry goes. A mark for each element says that it was looked up
// or updated since a hand last passed it; the hand goes round and takes an entry that is not marked, or after
// kMaxPassed marked ones the first of them: least recently used as nearly as a bounded number of steps finds it
// (docs/decisions/lru-by-second-chance.md). Any level, no lock; at most kMaxPassed + PERDITA_MAX_LEVELS steps.
#pragma once

#include "runtime/map.h"

namespace perdita::runtime {

constexpr uint32_t kMaxPassed = 8;

// Bytes of the marks: a multiple of 8.
uint64_t lru_storage_bytes(uint32_t element_count);
void lru_init(Map& map, uint8_t* marks);

// The element was used, or is new and was not yet.
void lru_mark(const Map& map, uint32_t element, bool used);

// An element in a chain, or kNoElement where higher levels changed the map meanwhile. Moves the hand.
uint32_t lru_victim(Map& map);

}  // namespace perdita::runtime
