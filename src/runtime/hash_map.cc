// SPDX-License-Identifier: Apache-2.0
#include "runtime/hash_map.h"

#include <string.h>

#include "perdita/perdita.h"
#include "runtime/hash_element.h"
#include "runtime/lock.h"
#include "runtime/lru_map.h"

namespace perdita::runtime {
namespace {

constexpr uint32_t round_up(uint32_t bytes) { return (bytes + 7u) & ~7u; }

constexpr uint32_t value_offset(const isa::MapDef& def) {
  return static_cast<uint32_t>(sizeof(ElementHeader)) + round_up(def.key_size);
}

// The verifier's bound on a walk.
static_assert(PERDITA_MAX_LEVELS <= isa::kMostSpareElements);

constexpr uint64_t pool_elements(const isa::MapDef& def) {
  return static_cast<uint64_t>(def.max_entries) + PERDITA_MAX_LEVELS;
}

// A power of two, at least 2 and at least max_entries, so that a chain has one element on average and the buckets'
// memory is a multiple of 8.
uint32_t bucket_count(const isa::MapDef& def) {
  uint32_t count = 2;
  while (count < def.max_entries) count *= 2;
  return count;
}

bool evicts(const isa::MapDef& def) { return def.type == isa::MapType::lru_hash; }

// FNV-1a, 32 bits (draft-eastlake-fnv), its high half folded in since buckets go by the low bits.
uint32_t mark_of(const void* key, uint32_t size_bytes) {
  const uint8_t* bytes = static_cast<const uint8_t*>(key);
  uint32_t hash = 0x811c9dc5u;
  for (uint32_t i = 0; i < size_bytes; i++) hash = (hash ^ bytes[i]) * 0x01000193u;
  return (hash ^ (hash >> 15)) | 1u;
}

// The lowest bit of a mark is always set and chooses nothing.
uint32_t* bucket_of(const Map& map, uint32_t mark) { return &map.hash.buckets[(mark >> 1) & map.hash.bucket_mask]; }

uint32_t generation_of(const Map& map) { return __atomic_load_n(&map.generation, __ATOMIC_ACQUIRE); }

// Where a key stands: the link that names its element, or the last link of the chain where there is none.
struct Place {
  uint32_t* link;
  uint32_t index;  // or kNoElement
  uint32_t generation;
};

// The chains are followed while a higher level may change them: every link read is a valid index or kNoElement, and
// the result counts only if no chain changed meanwhile.
Place find(const Map& map, const void* key, uint32_t mark) {
  for (;;) {
    const uint32_t generation = generation_of(map);
    uint32_t* link = bucket_of(map, mark);
    uint32_t index = __atomic_load_n(link, __ATOMIC_RELAXED);
    while (index != kNoElement) {
      ElementHeader* header = element_at(map, index);
      if (header->mark == mark && memcmp(key_of(header), key, map.def.key_size) == 0) break;
      link = &header->next;
      index = __atomic_load_n(link, __ATOMIC_RELAXED);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (generation_of(map) == generation) return {link, index, generation};
  }
}

// Where an element stands that no key is known of: an eviction's victim.
Place find_element(const Map& map, uint32_t wanted) {
  const uint32_t generation = generation_of(map);
  uint32_t* link = bucket_of(map, element_at(map, wanted)->mark);
  uint32_t index = __atomic_load_n(link, __ATOMIC_RELAXED);
  while (index != kNoElement && index != wanted) {
    link = &element_at(map, index)->next;
    index = __atomic_load_n(link, __ATOMIC_RELAXED);
  }
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return {link, generation_of(map) == generation ? index : kNoElement, generation};
}

// Both with the lock held.
uint32_t take_spare(Map& map) {
  const uint32_t index = map.free_element;
  if (index != kNoElement) map.free_element = element_at(map, index)->next;
  return index;
}

void put_back(Map& map, uint32_t index) {
  element_at(map, index)->mark = 0;
  element_at(map, index)->next = map.free_element;
  map.free_element = index;
}

int64_t refusal(bool exists, uint64_t flags) {
  if (exists && flags == kUpdateNoExist) return kErrorExists;
  if (!exists && flags == kUpdateExist) return kErrorNoEntry;
  return 0;
}

}  // namespace

uint64_t hash_storage_bytes(const isa::MapDef& def) {
  const uint64_t stride = value_offset(def) + round_up(def.value_size);
  const uint64_t marks = evicts(def) ? lru_storage_bytes(static_cast<uint32_t>(pool_elements(def))) : 0;
  return pool_elements(def) * stride + static_cast<uint64_t>(bucket_count(def)) * sizeof(uint32_t) + marks;
}

void hash_init(Map& map, void* storage) {
  map.elements = static_cast<uint8_t*>(storage);
  map.element_count = static_cast<uint32_t>(pool_elements(map.def));
  map.value_offset = value_offset(map.def);
  map.element_stride = map.value_offset + round_up(map.def.value_size);
  const uint32_t buckets = bucket_count(map.def);
  map.hash.buckets =
      reinterpret_cast<uint32_t*>(map.elements + static_cast<size_t>(map.element_count) * map.element_stride);
  map.hash.bucket_mask = buckets - 1;
  for (uint32_t i = 0; i < buckets; i++) map.hash.buckets[i] = kNoElement;
  if (evicts(map.def)) lru_init(map, reinterpret_cast<uint8_t*>(map.hash.buckets + buckets));
  map.free_element = kNoElement;
  for (uint32_t i = map.element_count; i-- > 0;) put_back(map, i);
}

uint8_t* hash_lookup(const Map& map, const void* key) {
  const Place place = find(map, key, mark_of(key, map.def.key_size));
  if (place.index == kNoElement) return nullptr;
  if (evicts(map.def)) lru_mark(map, place.index, true);
  return value_of(map, element_at(map, place.index));
}

int64_t hash_update(Map& map, const perdita_port& port, const void* key, const void* value, uint64_t flags) {
  if (flags > kUpdateExist) return kErrorInvalid;
  const uint32_t mark = mark_of(key, map.def.key_size);
  uint32_t spare;
  {
    Lock lock(port);
    spare = take_spare(map);
  }
  if (spare == kNoElement) return kErrorBusy;
  // Nobody else sees the spare: it is filled without the lock. A stale pointer of the program may point into it.
  ElementHeader* filled = element_at(map, spare);
  memmove(key_of(filled), key, map.def.key_size);
  memmove(value_of(map, filled), value, map.def.value_size);
  for (;;) {
    const Place place = find(map, key_of(filled), mark);
    const bool exists = place.index != kNoElement;
    // An entry that has to go is looked for before the lock is taken, as the key is; what was found counts only if no
    // chain changed since.
    const bool full = __atomic_load_n(&map.entries, __ATOMIC_RELAXED) == map.def.max_entries;
    const bool makes_room = evicts(map.def) && full && !exists && flags != kUpdateExist;
    Place victim = {nullptr, kNoElement, place.generation};
    if (makes_room) {
      const uint32_t chosen = lru_victim(map);
      if (chosen != kNoElement) victim = find_element(map, chosen);
      if (victim.index == kNoElement) continue;
    }
    if (evicts(map.def)) lru_mark(map, spare, exists);
    Lock lock(port);
    if (map.generation != place.generation || victim.generation != place.generation) continue;
    int64_t error = refusal(exists, flags);
    if (error == 0 && !exists && map.entries == map.def.max_entries && !makes_room) error = kErrorTooBig;
    if (error != 0) {
      put_back(map, spare);
      return error;
    }
    filled->mark = mark;
    filled->next = exists ? element_at(map, place.index)->next : kNoElement;
    *place.link = spare;
    map.generation++;
    if (exists) {
      put_back(map, place.index);
    } else if (makes_room) {
      // Its `next` is read only now: it may be the element that the new one was appended to.
      *victim.link = element_at(map, victim.index)->next;
      put_back(map, victim.index);
    } else {
      map.entries++;
    }
    return 0;
  }
}

int64_t hash_delete(Map& map, const perdita_port& port, const void* key) {
  const uint32_t mark = mark_of(key, map.def.key_size);
  for (;;) {
    const Place place = find(map, key, mark);
    Lock lock(port);
    if (map.generation != place.generation) continue;
    if (place.index == kNoElement) return kErrorNoEntry;
    *place.link = element_at(map, place.index)->next;
    map.generation++;
    map.entries--;
    put_back(map, place.index);
    return 0;
  }
}

bool hash_walk(const Map& map, uint32_t& cursor, uint8_t*& key, uint8_t*& value) {
  while (cursor < map.element_count) {
    ElementHeader* header = element_at(map, cursor++);
    if (__atomic_load_n(&header->mark, __ATOMIC_ACQUIRE) == 0) continue;
    key = key_of(header);
    value = value_of(map, header);
    return true;
  }
  return false;
}

bool hash_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value) {
  while (cursor < map.element_count) {
    const uint32_t generation = generation_of(map);
    ElementHeader* header = element_at(map, cursor);
    const bool in_use = __atomic_load_n(&header->mark, __ATOMIC_RELAXED) != 0;
    if (in_use) {
      memcpy(key, key_of(header), map.def.key_size);
      memcpy(value, value_of(map, header), map.def.value_size);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (generation_of(map) != generation) continue;
    cursor++;
    if (in_use) return true;
  }
  return false;
}

}  // namespace perdita::runtime
