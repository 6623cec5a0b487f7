// SPDX-License-Identifier: Apache-2.0
//
// What defines a map: the same structure in the image, the verifier and the runtime, and the one set of rules that all
// three hold definitions to. Types carry Linux's numbers.
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
  uint32_t key_size;     // bytes
  uint32_t value_size;   // bytes
  uint32_t max_entries;  // ring buffer: bytes
  uint32_t flags;        // MapFlag
  constexpr bool operator==(const MapDef&) const = default;
};

// Limits that the loader, the verifier and the runtime hold all maps to.
constexpr uint32_t kMaxKeyBytes = 512;
constexpr uint32_t kMaxValueBytes = 1u << 20;
constexpr uint32_t kMaxEntries = 1u << 20;
constexpr uint32_t kMaxMaps = 64;

// A hash map has elements to spare, one for each level that can be in an update (docs/decisions/hash-map-spares.md); a
// walk that updates interrupt may come upon all of them. No runtime has more than this.
constexpr uint32_t kMostSpareElements = 8;
// A ring buffer's record has a header in front and is filled up to a multiple of 8; the smallest buffer holds one.
constexpr uint32_t kRingHeaderBytes = 8;
constexpr uint32_t kMinRingBytes = 16;

// The first rule that a definition breaks.
enum class MapFlaw : uint8_t {
  none,
  unknown_type,
  no_entries,
  too_many_entries,
  key_too_large,
  value_too_large,
  flags,               // only an array may have a flag, and only BPF_F_RDONLY_PROG
  key_is_no_index,     // array, program array: 4 bytes
  key_missing,         // hashes
  key_not_taken,       // queue, stack, ring buffer
  value_missing,       // all but ring buffers
  value_not_taken,     // ring buffer
  value_is_no_prog,    // program array: 4 bytes
  not_a_power_of_two,  // ring buffer
  ring_too_small,
};

// Linux's rules for each type, so that programs mean the same, and the limits above. Any definition, its type any
// number; constant time.
MapFlaw check_definition(const MapDef& def);

// From one value of an array, a queue or a stack to the next: values stand 8-aligned.
constexpr uint32_t value_stride(const MapDef& map) { return (map.value_size + 7u) & ~7u; }

}  // namespace perdita::isa
