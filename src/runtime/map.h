// SPDX-License-Identifier: Apache-2.0
//
// Maps in fixed memory, with Linux's semantics and error numbers. Elements never move and never leave the map's memory,
// so a pointer that was looked up stays inside it for ever; the element may be reused and a value may tear (design,
// section 5). Callable from every level: a lookup takes no lock, a change holds the port's lock for a time that depends
// neither on the map's size nor on its element's. An operation that is interrupted by others on the same map has
// happened before or after each of them, never in part. No heap; under 200 bytes of stack. One file per type:
// hash_map.h, lru_map.h, queue_map.h, ring_buffer.h, prog_array.h; arrays are in map.cc.
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
constexpr int64_t kErrorAgain = -11;        // EAGAIN
constexpr int64_t kErrorBusy = -16;         // EBUSY
constexpr int64_t kErrorExists = -17;       // EEXIST
constexpr int64_t kErrorInvalid = -22;      // EINVAL

// Flags of an update (BPF_ANY, BPF_NOEXIST, BPF_EXIST).
constexpr uint64_t kUpdateAny = 0;
constexpr uint64_t kUpdateNoExist = 1;
constexpr uint64_t kUpdateExist = 2;

struct HashState {
  uint32_t* buckets;  // first element of each chain, or none
  uint32_t bucket_mask;
  uint8_t* used;  // LRU: a mark for each element
  uint32_t hand;  // LRU: the element to look at next
};

struct QueueState {
  uint32_t* order;  // a circle of max_entries element numbers
  uint32_t oldest;  // where in it
};

struct RingState {
  uint32_t producer, consumer;  // positions in bytes, modulo 2^32
  uint32_t lost;                // records there was no room for
  uint32_t wakeup;              // a submitted record asks for a notification
};

// The address of a Map is what a program holds as the map's handle.
struct Map {
  Text name;
  isa::MapDef def;
  uint8_t* elements;        // element i at elements + i * element_stride
  uint32_t element_count;   // in memory; hash, queue and stack have more than max_entries
  uint32_t element_stride;  // bytes
  uint32_t value_offset;    // of the value inside an element
  uint32_t entries;         // in use; ring buffer: bytes
  uint32_t free_element;    // hash, queue, stack: first of the chain of free ones
  uint32_t generation;      // hash, queue, stack: changes whenever the order of elements does
  union {
    HashState hash;
    QueueState queue;
    RingState ring;
  };
};

// Whether this runtime supports the definition: bad_map where not.
Status check_map(const isa::MapDef& def);

// Bytes of the elements and all that goes with them; `def` has passed check_map. May exceed what any device has.
uint64_t map_storage_bytes(const isa::MapDef& def);

// Makes an empty map (array: all elements zero) of zeroed, 8-aligned memory of map_storage_bytes(def).
void init_map(Map& map, const isa::MapDef& def, void* storage);

// Pointer to the value for `key` (def.key_size bytes), or null. Only arrays and hashes have keys.
uint8_t* map_lookup(const Map& map, const void* key);
// 0, or a negative error number. `value` has def.value_size bytes. Queue, stack: a push, as in Linux.
int64_t map_update(Map& map, const perdita_port& port, const void* key, const void* value, uint64_t flags);
int64_t map_delete(Map& map, const perdita_port& port, const void* key);

// Queue and stack only; -EINVAL for others. `value`: def.value_size bytes, zeros with -ENOENT.
int64_t map_push(Map& map, const perdita_port& port, const void* value, uint64_t flags);
int64_t map_pop(Map& map, const perdita_port& port, void* value);
int64_t map_peek(const Map& map, void* value);

// Copies the entry behind `cursor` (0: the first) and moves the cursor on. False behind the last one. A ring buffer has
// no entries: ring_next() reads its records.
bool map_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value);

// The same in place, for callbacks: pointers into the map's memory that stay inside it. `key` is null for an array,
// whose key is what `cursor` was. Arrays and hashes only: false at once for others.
bool map_walk(const Map& map, uint32_t& cursor, uint8_t*& key, uint8_t*& value);

// Whether `size_bytes` from `address` on lie inside one value that a program may hold a pointer to: of an array or a
// hash. Queues and stacks are copied from and to; a ring buffer's reservations are their activity's to know.
bool map_holds(const Map& map, uint64_t address, uint64_t size_bytes);

}  // namespace perdita::runtime
