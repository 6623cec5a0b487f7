// SPDX-License-Identifier: Apache-2.0
//
// An element of a hash map (hash_map.h, lru_map.h) as it lies in memory: this header, the key, the value.
#pragma once

#include "runtime/map.h"

namespace perdita::runtime {

constexpr uint32_t kNoElement = 0xffffffffu;

struct ElementHeader {
  uint32_t next;  // in its chain, or in the chain of free elements
  uint32_t mark;  // the key's hash with the lowest bit set; 0: not in a chain
};

inline ElementHeader* element_at(const Map& map, uint32_t index) {
  return reinterpret_cast<ElementHeader*>(map.elements + static_cast<size_t>(index) * map.element_stride);
}

inline uint8_t* key_of(ElementHeader* header) { return reinterpret_cast<uint8_t*>(header + 1); }

inline uint8_t* value_of(const Map& map, ElementHeader* header) {
  return reinterpret_cast<uint8_t*>(header) + map.value_offset;
}

}  // namespace perdita::runtime
