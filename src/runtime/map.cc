// SPDX-License-Identifier: Apache-2.0
#include "runtime/map.h"

#include <string.h>

#include "runtime/hash_map.h"

namespace perdita::runtime {
namespace {

bool is_hash(const Map& map) { return map.def.type == isa::MapType::hash; }

// A key of an array is its index; the program's pointer to it may be unaligned.
uint32_t index_of(const void* key) {
  uint32_t index;
  __builtin_memcpy(&index, key, sizeof index);
  return index;
}

// All elements of an array exist, always (Linux, kernel/bpf/arraymap.c as documented in
// Documentation/bpf/map_array.rst).
int64_t array_update(Map& map, const void* key, const void* value, uint64_t flags) {
  if (flags > kUpdateExist) return kErrorInvalid;
  const uint32_t index = index_of(key);
  if (index >= map.def.max_entries) return kErrorTooBig;
  if (flags == kUpdateNoExist) return kErrorExists;
  // The program may pass the very value it looked up: the two may overlap.
  memmove(map.elements + static_cast<size_t>(index) * map.element_stride, value, map.def.value_size);
  return 0;
}

bool array_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value) {
  if (cursor >= map.def.max_entries) return false;
  memcpy(key, &cursor, sizeof cursor);
  memcpy(value, map.elements + static_cast<size_t>(cursor) * map.element_stride, map.def.value_size);
  cursor++;
  return true;
}

}  // namespace

Status check_map(const isa::MapDef& def) {
  if (def.value_size == 0 || def.value_size > isa::kMaxValueBytes) return Status::bad_map;
  if (def.max_entries == 0 || def.max_entries > isa::kMaxEntries) return Status::bad_map;
  switch (def.type) {
    case isa::MapType::array:
      return def.key_size == sizeof(uint32_t) && (def.flags & ~isa::kMapReadOnlyForProg) == 0 ? Status::ok
                                                                                              : Status::bad_map;
    case isa::MapType::hash:
      return def.key_size != 0 && def.key_size <= isa::kMaxKeyBytes && def.flags == 0 ? Status::ok : Status::bad_map;
    default:
      return Status::bad_map;
  }
}

uint64_t map_storage_bytes(const isa::MapDef& def) {
  if (def.type == isa::MapType::hash) return hash_storage_bytes(def);
  return static_cast<uint64_t>(def.max_entries) * isa::value_stride(def);
}

void init_map(Map& map, const isa::MapDef& def, void* storage) {
  map = {};
  map.def = def;
  if (is_hash(map)) {
    hash_init(map, storage);
    return;
  }
  map.elements = static_cast<uint8_t*>(storage);
  map.element_count = def.max_entries;
  map.element_stride = isa::value_stride(def);
  map.entries = def.max_entries;
}

uint8_t* map_lookup(const Map& map, const void* key) {
  if (is_hash(map)) return hash_lookup(map, key);
  const uint32_t index = index_of(key);
  if (index >= map.def.max_entries) return nullptr;
  return map.elements + static_cast<size_t>(index) * map.element_stride;
}

int64_t map_update(Map& map, const perdita_port& port, const void* key, const void* value, uint64_t flags) {
  if ((map.def.flags & isa::kMapReadOnlyForProg) != 0) return kErrorNotPermitted;
  if (is_hash(map)) return hash_update(map, port, key, value, flags);
  return array_update(map, key, value, flags);
}

int64_t map_delete(Map& map, const perdita_port& port, const void* key) {
  if ((map.def.flags & isa::kMapReadOnlyForProg) != 0) return kErrorNotPermitted;
  return is_hash(map) ? hash_delete(map, port, key) : kErrorInvalid;
}

bool map_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value) {
  return is_hash(map) ? hash_next(map, cursor, key, value) : array_next(map, cursor, key, value);
}

bool map_walk(const Map& map, uint32_t& cursor, uint8_t*& key, uint8_t*& value) {
  if (is_hash(map)) return hash_walk(map, cursor, key, value);
  if (cursor >= map.def.max_entries) return false;
  key = nullptr;
  value = map.elements + static_cast<size_t>(cursor) * map.element_stride;
  cursor++;
  return true;
}

bool map_holds(const Map& map, uint64_t address, uint64_t size_bytes) {
  const uint64_t start = reinterpret_cast<uintptr_t>(map.elements);
  const uint64_t extent = static_cast<uint64_t>(map.element_count) * map.element_stride;
  if (address < start || address - start >= extent) return false;
  // The extent lies in memory, so it and every offset in it fit a size_t.
  const size_t offset = static_cast<size_t>(address - start) % map.element_stride;
  if (offset < map.value_offset) return false;
  const size_t in_value = offset - map.value_offset;
  return in_value <= map.def.value_size && size_bytes <= map.def.value_size - in_value;
}

}  // namespace perdita::runtime
