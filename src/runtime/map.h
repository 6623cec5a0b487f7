// SPDX-License-Identifier: Apache-2.0
//
// Maps in fixed memory, with Linux's semantics and error numbers. Elements never move and never leave the map's memory,
// so a pointer that was looked up stays inside it for ever; the element may be reused and a value may tear (design,
// section 5). Callable from every level: a lookup takes no lock, a change holds the port's lock for a time that depends
// neither on the map's size nor on its element's. No heap; under 200 bytes of stack.
#pragma once

#include "isa/map.h"
#include "isa/span.h"
#include "isa/status.h"
#include "perdita/port.h"

namespace perdita::runtime {

// Linux's error numbers, returned negative to programs (asm-generic/errno-base.h has the same values everywhere).
constexpr int64_t kErrorNotPermitted = -1;  // EPERM
constexpr int64_t kErrorNoEntry = -2;       // ENOENT
constexpr int64_t kErrorTooBig = -7;        // E2BIG
constexpr int64_t kErrorBusy = -16;         // EBUSY
constexpr int64_t kErrorExists = -17;       // EEXIST
constexpr int64_t kErrorInvalid = -22;      // EINVAL

// Flags of an update (BPF_ANY, BPF_NOEXIST, BPF_EXIST).
constexpr uint64_t kUpdateAny = 0;
constexpr uint64_t kUpdateNoExist = 1;
constexpr uint64_t kUpdateExist = 2;

// The address of a Map is what a program holds as the map's handle.
struct Map {
  Text name;
  isa::MapDef def;
  uint8_t* elements;        // element i at elements + i * element_stride
  uint32_t element_count;   // in memory; a hash has more than max_entries
  uint32_t element_stride;  // bytes
  uint32_t value_offset;    // of the value inside an element
  uint32_t entries;         // in use
  // hash only
  uint32_t* buckets;  // first element of each chain, or kNoElement
  uint32_t bucket_mask;
  uint32_t free_element;  // first of the chain of free ones
  uint32_t generation;    // changes whenever a chain does
};

// Whether this runtime supports the definition: bad_map where not.
Status check_map(const isa::MapDef& def);

// Bytes of the elements and all that goes with them; `def` has passed check_map. May exceed what any device has.
uint64_t map_storage_bytes(const isa::MapDef& def);

// Makes an empty map (array: all elements zero) of zeroed, 8-aligned memory of map_storage_bytes(def).
void init_map(Map& map, const isa::MapDef& def, void* storage);

// Pointer to the value for `key` (def.key_size bytes), or null.
uint8_t* map_lookup(const Map& map, const void* key);
// 0, or a negative error number. `value` has def.value_size bytes.
int64_t map_update(Map& map, const perdita_port& port, const void* key, const void* value, uint64_t flags);
int64_t map_delete(Map& map, const perdita_port& port, const void* key);

// Copies the entry behind `cursor` (0: the first) and moves the cursor on. False behind the last one.
bool map_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value);

// The same in place, for callbacks: pointers into the map's memory that stay inside it. `key` is null for an array,
// whose key is what `cursor` was.
bool map_walk(const Map& map, uint32_t& cursor, uint8_t*& key, uint8_t*& value);

// Whether `size_bytes` from `address` on lie inside one value of the map.
bool map_holds(const Map& map, uint64_t address, uint64_t size_bytes);

}  // namespace perdita::runtime
