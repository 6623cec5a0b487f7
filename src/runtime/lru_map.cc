// SPDX-License-Identifier: Apache-2.0
#include "runtime/lru_map.h"

#include <string.h>

#include "perdita/perdita.h"
#include "runtime/hash_element.h"

namespace perdita::runtime {

uint64_t lru_storage_bytes(uint32_t element_count) { return (uint64_t{element_count} + 7) & ~uint64_t{7}; }

void lru_init(Map& map, uint8_t* marks) {
  map.hash.used = marks;
  memset(marks, 0, map.element_count);
}

// One byte for each element: a store needs no lock. One that comes late, after the element was given to another key,
// gives that key a round more.
void lru_mark(const Map& map, uint32_t element, bool used) {
  __atomic_store_n(&map.hash.used[element], static_cast<uint8_t>(used), __ATOMIC_RELAXED);
}

uint32_t lru_victim(Map& map) {
  uint32_t first = kNoElement;
  uint32_t passed = 0;
  // Elements that are in no chain: spare ones. There are at most as many as levels while the map is full.
  for (uint32_t step = 0; step < kMaxPassed + PERDITA_MAX_LEVELS && passed < kMaxPassed; step++) {
    // A higher level may move the hand between these two lines: then some entries are passed twice.
    const uint32_t index = __atomic_load_n(&map.hash.hand, __ATOMIC_RELAXED);
    __atomic_store_n(&map.hash.hand, index + 1 == map.element_count ? 0 : index + 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&element_at(map, index)->mark, __ATOMIC_RELAXED) == 0) continue;
    if (map.hash.used[index] == 0) return index;
    lru_mark(map, index, false);
    passed++;
    if (first == kNoElement) first = index;
  }
  return first;
}

}  // namespace perdita::runtime
