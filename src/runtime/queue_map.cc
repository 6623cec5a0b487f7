// SPDX-License-Identifier: Apache-2.0
#include "runtime/queue_map.h"

#include <string.h>

#include "perdita/perdita.h"
#include "runtime/lock.h"

namespace perdita::runtime {
namespace {

constexpr uint32_t kNoElement = 0xffffffffu;

constexpr uint64_t pool_elements(const isa::MapDef& def) {
  return static_cast<uint64_t>(def.max_entries) + PERDITA_MAX_LEVELS;
}

constexpr uint64_t order_bytes(const isa::MapDef& def) {
  return (static_cast<uint64_t>(def.max_entries) * sizeof(uint32_t) + 7) & ~uint64_t{7};
}

uint8_t* element_at(const Map& map, uint32_t index) {
  return map.elements + static_cast<size_t>(index) * map.element_stride;
}

// A free element's first word names the next free one; elements are 8-aligned.
uint32_t& next_free(const Map& map, uint32_t index) { return *reinterpret_cast<uint32_t*>(element_at(map, index)); }

uint32_t take_spare(Map& map) {
  const uint32_t index = map.free_element;
  if (index != kNoElement) map.free_element = next_free(map, index);
  return index;
}

void put_back(Map& map, uint32_t index) {
  next_free(map, index) = map.free_element;
  map.free_element = index;
}

// The circle as it was at one moment, or at two: whatever a higher level does between the two reads, every place below
// `entries` is a slot.
struct Circle {
  uint32_t oldest, entries;
};

Circle circle_of(const Map& map) {
  return {__atomic_load_n(&map.queue.oldest, __ATOMIC_RELAXED), __atomic_load_n(&map.entries, __ATOMIC_RELAXED)};
}

// Where the entry `place` behind the oldest stands.
uint32_t* slot(const Map& map, const Circle& circle, uint32_t place) {
  const uint32_t until_end = map.def.max_entries - circle.oldest;
  return &map.queue.order[place < until_end ? circle.oldest + place : place - until_end];
}

// What pop gives: of a queue the oldest, of a stack the newest.
uint32_t place_of(const Map& map, const Circle& circle, uint32_t cursor) {
  return map.def.type == isa::MapType::queue ? cursor : circle.entries - 1 - cursor;
}

void drop_oldest(Map& map) {
  map.queue.oldest = map.queue.oldest + 1 == map.def.max_entries ? 0 : map.queue.oldest + 1;
  map.entries--;
}

uint32_t generation_of(const Map& map) { return __atomic_load_n(&map.generation, __ATOMIC_ACQUIRE); }

// Copies the value at a place without the lock; false where there is none.
bool copy_value(const Map& map, uint32_t cursor, void* value) {
  for (;;) {
    const uint32_t generation = generation_of(map);
    const Circle circle = circle_of(map);
    const bool exists = cursor < circle.entries;
    if (exists) {
      const uint32_t index = __atomic_load_n(slot(map, circle, place_of(map, circle, cursor)), __ATOMIC_RELAXED);
      memcpy(value, element_at(map, index), map.def.value_size);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (generation_of(map) == generation) return exists;
  }
}

}  // namespace

uint64_t queue_storage_bytes(const isa::MapDef& def) {
  return pool_elements(def) * isa::value_stride(def) + order_bytes(def);
}

void queue_init(Map& map, void* storage) {
  map.elements = static_cast<uint8_t*>(storage);
  map.element_count = static_cast<uint32_t>(pool_elements(map.def));
  map.element_stride = isa::value_stride(map.def);
  map.queue.order =
      reinterpret_cast<uint32_t*>(map.elements + static_cast<size_t>(map.element_count) * map.element_stride);
  map.queue.oldest = 0;
  map.free_element = kNoElement;
  for (uint32_t i = map.element_count; i-- > 0;) put_back(map, i);
}

int64_t queue_push(Map& map, const perdita_port& port, const void* value, uint64_t flags) {
  if (flags != kUpdateAny && flags != kUpdateExist) return kErrorInvalid;
  uint32_t spare;
  {
    Lock lock(port);
    if (flags == kUpdateAny && map.entries == map.def.max_entries) return kErrorTooBig;
    spare = take_spare(map);
  }
  if (spare == kNoElement) return kErrorBusy;
  memcpy(element_at(map, spare), value, map.def.value_size);
  Lock lock(port);
  if (map.entries == map.def.max_entries) {
    if (flags == kUpdateAny) {
      put_back(map, spare);
      return kErrorTooBig;
    }
    put_back(map, *slot(map, circle_of(map), 0));
    drop_oldest(map);
  }
  *slot(map, circle_of(map), map.entries) = spare;
  map.entries++;
  map.generation++;
  return 0;
}

int64_t queue_pop(Map& map, const perdita_port& port, void* value) {
  uint32_t taken = kNoElement;
  {
    Lock lock(port);
    if (map.entries != 0) {
      const Circle circle = circle_of(map);
      taken = *slot(map, circle, place_of(map, circle, 0));
      map.generation++;
      if (map.def.type == isa::MapType::queue) {
        drop_oldest(map);
      } else {
        map.entries--;
      }
    }
  }
  if (taken == kNoElement) {
    memset(value, 0, map.def.value_size);  // as Linux does
    return kErrorNoEntry;
  }
  memcpy(value, element_at(map, taken), map.def.value_size);
  Lock lock(port);
  put_back(map, taken);
  return 0;
}

int64_t queue_peek(const Map& map, void* value) {
  if (copy_value(map, 0, value)) return 0;
  memset(value, 0, map.def.value_size);
  return kErrorNoEntry;
}

bool queue_next(const Map& map, uint32_t& cursor, uint8_t* value) {
  if (!copy_value(map, cursor, value)) return false;
  cursor++;
  return true;
}

}  // namespace perdita::runtime
