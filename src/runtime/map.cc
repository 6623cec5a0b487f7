// SPDX-License-Identifier: Apache-2.0
#include "runtime/map.h"

#include <string.h>

#include "runtime/hash_map.h"
#include "runtime/prog_array.h"
#include "runtime/queue_map.h"
#include "runtime/ring_buffer.h"

namespace perdita::runtime {
namespace {

bool is_hash(const isa::MapDef& def) { return def.type == isa::MapType::hash || def.type == isa::MapType::lru_hash; }
bool is_array(const isa::MapDef& def) { return def.type == isa::MapType::array; }
bool is_queue(const isa::MapDef& def) { return def.type == isa::MapType::queue || def.type == isa::MapType::stack; }

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
  if (isa::check_definition(def) != isa::MapFlaw::none) return Status::bad_map;
  const bool is_ring = def.type == isa::MapType::ring_buffer;
  const bool known = is_array(def) || is_hash(def) || is_queue(def) || is_ring || is_prog_array(def);
  return known ? Status::ok : Status::bad_map;
}

uint64_t map_storage_bytes(const isa::MapDef& def) {
  if (is_hash(def)) return hash_storage_bytes(def);
  if (is_queue(def)) return queue_storage_bytes(def);
  if (def.type == isa::MapType::ring_buffer) return def.max_entries;
  if (is_prog_array(def)) return prog_array_bytes(def);
  return static_cast<uint64_t>(def.max_entries) * isa::value_stride(def);
}

void init_map(Map& map, const isa::MapDef& def, void* storage) {
  memset(static_cast<void*>(&map), 0, sizeof map);
  map.def = def;
  if (is_hash(def)) return hash_init(map, storage);
  if (is_queue(def)) return queue_init(map, storage);
  if (def.type == isa::MapType::ring_buffer) return ring_init(map, storage);
  map.elements = static_cast<uint8_t*>(storage);
  if (is_prog_array(def)) return;
  map.element_count = def.max_entries;
  map.element_stride = isa::value_stride(def);
  map.entries = def.max_entries;
}

uint8_t* map_lookup(const Map& map, const void* key) {
  if (is_hash(map.def)) return hash_lookup(map, key);
  if (!is_array(map.def)) return nullptr;
  const uint32_t index = index_of(key);
  if (index >= map.def.max_entries) return nullptr;
  return map.elements + static_cast<size_t>(index) * map.element_stride;
}

int64_t map_update(Map& map, const perdita_port& port, const void* key, const void* value, uint64_t flags) {
  if ((map.def.flags & isa::kMapReadOnlyForProg) != 0) return kErrorNotPermitted;
  if (is_hash(map.def)) return hash_update(map, port, key, value, flags);
  if (is_array(map.def)) return array_update(map, key, value, flags);
  return map_push(map, port, value, flags);
}

int64_t map_delete(Map& map, const perdita_port& port, const void* key) {
  if ((map.def.flags & isa::kMapReadOnlyForProg) != 0) return kErrorNotPermitted;
  return is_hash(map.def) ? hash_delete(map, port, key) : kErrorInvalid;
}

int64_t map_push(Map& map, const perdita_port& port, const void* value, uint64_t flags) {
  return is_queue(map.def) ? queue_push(map, port, value, flags) : kErrorInvalid;
}

int64_t map_pop(Map& map, const perdita_port& port, void* value) {
  return is_queue(map.def) ? queue_pop(map, port, value) : kErrorInvalid;
}

int64_t map_peek(const Map& map, void* value) { return is_queue(map.def) ? queue_peek(map, value) : kErrorInvalid; }

bool map_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value) {
  if (is_hash(map.def)) return hash_next(map, cursor, key, value);
  if (is_array(map.def)) return array_next(map, cursor, key, value);
  if (is_prog_array(map.def)) return prog_array_next(map, cursor, key, value);
  return is_queue(map.def) && queue_next(map, cursor, value);
}

bool map_walk(const Map& map, uint32_t& cursor, uint8_t*& key, uint8_t*& value) {
  if (is_hash(map.def)) return hash_walk(map, cursor, key, value);
  if (!is_array(map.def) || cursor >= map.def.max_entries) return false;
  key = nullptr;
  value = map.elements + static_cast<size_t>(cursor) * map.element_stride;
  cursor++;
  return true;
}

bool map_holds(const Map& map, uint64_t address, uint64_t size_bytes) {
  if (!is_array(map.def) && !is_hash(map.def)) return false;
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
