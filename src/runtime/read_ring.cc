// SPDX-License-Identifier: Apache-2.0
//
// Ring buffers as the device API shows them: records by positions that whoever reads them keeps. Thread context is the
// only one that takes records, so what was read stays; programs add at any level meanwhile. A position may be of any
// moment and from anybody: one before the oldest record means that one, one behind the newest nothing.
#include "runtime/inspect.h"
#include "runtime/lock.h"
#include "runtime/ring_buffer.h"

namespace perdita::runtime {
namespace {

Map* ring_at(const Runtime& runtime, uint32_t index) {
  const Package* package = nullptr;
  Map* map = map_at(runtime, index, package);
  return map != nullptr && map->def.type == isa::MapType::ring_buffer ? map : nullptr;
}

uint32_t offset_of(const Map& map, uint32_t position) {
  const uint32_t offset = position - __atomic_load_n(&map.ring.consumer, __ATOMIC_RELAXED);
  return static_cast<int32_t>(offset) < 0 ? 0 : offset;
}

}  // namespace
}  // namespace perdita::runtime

using namespace perdita::runtime;  // NOLINT: this file is the C face of that namespace

extern "C" {

int perdita_ring_at(const perdita_runtime* runtime, uint32_t index, perdita_ring_info* info) {
  const Map* map = ring_at(*runtime, index);
  if (map == nullptr) return 0;
  Lock lock(port_of(*runtime));
  *info = {map, map->ring.consumer, map->ring.producer, map->ring.lost};
  return 1;
}

int perdita_ring_next(const perdita_runtime* runtime, uint32_t index, uint32_t* position, const uint8_t** record,
                      uint32_t* size_bytes) {
  const Map* map = ring_at(*runtime, index);
  if (map == nullptr) return 0;
  uint32_t cursor = offset_of(*map, *position);
  RingRecord found{};
  const bool exists = ring_next(*map, cursor, found);
  // The consumer may have moved since, but then the buffer was empty and the cursor is 0: its start, before and after.
  *position = __atomic_load_n(&map->ring.consumer, __ATOMIC_RELAXED) + cursor;
  *record = found.data;
  *size_bytes = found.size_bytes;
  return exists ? 1 : 0;
}

void perdita_ring_take(perdita_runtime* runtime, uint32_t index, uint32_t position) {
  Map* map = ring_at(*runtime, index);
  if (map != nullptr) ring_take_whole(*map, port_of(*runtime), offset_of(*map, position));
}

int perdita_ring_woken(perdita_runtime* runtime, uint32_t index) {
  Map* map = ring_at(*runtime, index);
  if (map == nullptr) return 0;
  // A store for a load and a store: a record submitted between the two is seen by whoever reads the ring next.
  const uint32_t woken = __atomic_load_n(&map->ring.wakeup, __ATOMIC_ACQUIRE);
  if (woken != 0) __atomic_store_n(&map->ring.wakeup, 0u, __ATOMIC_RELEASE);
  return static_cast<int>(woken);
}

uint32_t perdita_changes(const perdita_runtime* runtime) { return runtime->changes; }

}  // extern "C"
