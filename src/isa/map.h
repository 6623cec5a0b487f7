// SPDX-License-Identifier: Apache-2.0
//
// What defines a map: the same structure in the image, the verifier and the runtime. Types carry Linux's numbers.
#pragma once

#include <stdint.h>

namespace perdita::isa {

enum class MapType : uint32_t {
  hash = 1,
  array = 2,
  prog_array = 3,
  lru_hash = 9,
  queue = 22,
  stack = 23,
  ring_buffer = 27,
};

enum MapFlag : uint32_t {
  kMapReadOnlyForProg = 1u << 7,  // BPF_F_RDONLY_PROG: .rodata
};

struct MapDef {
  MapType type;
  uint32_t key_size;    // bytes
  uint32_t value_size;  // bytes
  uint32_t max_entries;
  uint32_t flags;  // MapFlag
  constexpr bool operator==(const MapDef&) const = default;
};

// Limits that the loader, the verifier and the runtime hold all maps to.
constexpr uint32_t kMaxKeyBytes = 512;
constexpr uint32_t kMaxValueBytes = 1u << 20;
constexpr uint32_t kMaxEntries = 1u << 20;
constexpr uint32_t kMaxMaps = 64;

// From one value of an array to the next: values stand 8-aligned.
constexpr uint32_t value_stride(const MapDef& map) { return (map.value_size + 7u) & ~7u; }

}  // namespace perdita::isa
