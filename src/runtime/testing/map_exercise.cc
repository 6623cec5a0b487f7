// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/map_exercise.h"

#include <string.h>

#include "perdita/perdita.h"
#include "runtime/hash_element.h"
#include "runtime/ring_buffer.h"

namespace perdita::runtime::testing {
namespace {

using isa::MapType;

// A value is one byte over and over: a torn one shows.
constexpr uint32_t kValueBytes = 12;
constexpr uint32_t kMaxElements = 16;

constexpr Scene kScenes[] = {
    {"hash, empty", {MapType::hash, 4, kValueBytes, 3, 0}, 0},
    {"hash", {MapType::hash, 4, kValueBytes, 3, 0}, 2},
    {"hash, full", {MapType::hash, 4, kValueBytes, 3, 0}, 3},
    {"LRU hash", {MapType::lru_hash, 4, kValueBytes, 3, 0}, 2},
    {"LRU hash, full", {MapType::lru_hash, 4, kValueBytes, 3, 0}, 3},
    {"queue, empty", {MapType::queue, 0, kValueBytes, 3, 0}, 0},
    {"queue", {MapType::queue, 0, kValueBytes, 3, 0}, 2},
    {"queue, full", {MapType::queue, 0, kValueBytes, 3, 0}, 3},
    {"stack, empty", {MapType::stack, 0, kValueBytes, 3, 0}, 0},
    {"stack", {MapType::stack, 0, kValueBytes, 3, 0}, 2},
    {"stack, full", {MapType::stack, 0, kValueBytes, 3, 0}, 3},
    {"ring buffer, empty", {MapType::ring_buffer, 0, 0, 64, 0}, 0},
    {"ring buffer", {MapType::ring_buffer, 0, 0, 64, 0}, 1},
    {"ring buffer, full", {MapType::ring_buffer, 0, 0, 64, 0}, 2},
};

// Scenes have values of kValueBytes; operations do with any up to this.
struct Value {
  uint8_t bytes[kLargestValueBytes];
};

Value value_of(const Map& map, uint8_t tag) {
  Value value;
  memset(value.bytes, tag, map.def.value_size);
  return value;
}

// The byte that a value consists of, or -1 where it is torn.
int64_t tag_of(const uint8_t* value, uint32_t size_bytes) {
  for (uint32_t i = 1; i < size_bytes; i++) {
    if (value[i] != value[0]) return -1;
  }
  return value[0];
}

int64_t update(Map& map, const perdita_port& port, uint32_t key, uint8_t tag, uint64_t flags) {
  const Value value = value_of(map, tag);
  return map_update(map, port, &key, value.bytes, flags);
}

// Keys 0 to 2 are the first ones in; all of three entries share few buckets.
constexpr Operation kHashOperations[] = {
    {"lookup",
     [](Map& map, const perdita_port&) {
       const uint32_t key = 1;
       return int64_t{map_lookup(map, &key) != nullptr};
     },
     false},
    {"update", [](Map& map, const perdita_port& port) { return update(map, port, 1, 0x51, kUpdateAny); }, false},
    {"insert", [](Map& map, const perdita_port& port) { return update(map, port, 9, 0x59, kUpdateNoExist); }, false},
    {"insert another", [](Map& map, const perdita_port& port) { return update(map, port, 5, 0x55, kUpdateAny); },
     false},
    {"replace", [](Map& map, const perdita_port& port) { return update(map, port, 0, 0x50, kUpdateExist); }, false},
    {"delete",
     [](Map& map, const perdita_port& port) {
       const uint32_t key = 1;
       return map_delete(map, port, &key);
     },
     false},
    {"read all",
     [](Map& map, const perdita_port&) {
       uint32_t cursor = 0, key = 0;
       Value value;
       while (map_next(map, cursor, reinterpret_cast<uint8_t*>(&key), value.bytes)) {
         if (tag_of(value.bytes, map.def.value_size) < 0) return int64_t{-1};
       }
       return int64_t{0};
     },
     false},
};

// The result of taking a value: its tag, or the error.
template <typename Take>
int64_t taken(const Map& map, Take take) {
  Value value = value_of(map, 0x77);
  const int64_t error = take(value.bytes);
  const int64_t tag = tag_of(value.bytes, map.def.value_size);
  return error == 0 ? tag : error * 256 - tag;
}

constexpr Operation kQueueOperations[] = {
    {"push",
     [](Map& map, const perdita_port& port) { return map_push(map, port, value_of(map, 0x61).bytes, kUpdateAny); },
     false},
    {"push over",
     [](Map& map, const perdita_port& port) { return map_push(map, port, value_of(map, 0x62).bytes, kUpdateExist); },
     false},
    {"pop",
     [](Map& map, const perdita_port& port) { return taken(map, [&](void* to) { return map_pop(map, port, to); }); },
     false},
    {"peek", [](Map& map, const perdita_port&) { return taken(map, [&](void* to) { return map_peek(map, to); }); },
     false},
};

constexpr Operation kRingOperations[] = {
    {"output",
     [](Map& map, const perdita_port& port) {
       const uint8_t record[kValueBytes] = {0x71, 0x71, 0x71, 0x71, 0x71, 0x71, 0x71, 0x71, 0x71, 0x71, 0x71, 0x71};
       return ring_output(map, port, record, kValueBytes, 0);
     },
     false},
    {"reserve, submit",
     [](Map& map, const perdita_port& port) {
       uint8_t* record = ring_reserve(map, port, 20);
       if (record == nullptr) return int64_t{-1};
       memset(record, 0x72, 20);
       ring_submit(map, record, false, 0);
       return int64_t{0};
     },
     false},
    {"reserve, discard",
     [](Map& map, const perdita_port& port) {
       uint8_t* record = ring_reserve(map, port, 9);
       if (record == nullptr) return int64_t{-1};
       ring_submit(map, record, true, 0);
       return int64_t{0};
     },
     false},
    {"take",
     [](Map& map, const perdita_port& port) {
       uint32_t cursor = 0;
       RingRecord record{};
       if (!ring_next(map, cursor, record)) return int64_t{-1};
       const int64_t tag = tag_of(record.data, record.size_bytes);
       ring_take(map, port, cursor);
       return tag;
     },
     true},
};

constexpr uint64_t kDigestStart = 0xcbf29ce484222325u;

uint64_t digest(uint64_t so_far, const void* data, size_t size_bytes) {
  const uint8_t* bytes = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < size_bytes; i++) so_far = (so_far ^ bytes[i]) * 0x100000001b3u;
  return so_far;
}

uint64_t ring_contents(const Map& map) {
  uint64_t all = digest(kDigestStart, &map.ring.lost, sizeof map.ring.lost);
  uint32_t cursor = 0;
  RingRecord record{};
  while (ring_next(map, cursor, record)) all = digest(all, record.data, record.size_bytes);
  return all;
}

// ---- structure ----

// Notes elements as they are met; false where one is met twice or does not exist.
class Inventory {
 public:
  explicit Inventory(const Map& map) : count_(map.element_count) {}
  bool meet(uint32_t element) {
    if (element >= count_ || met_[element]) return false;
    met_[element] = true;
    found_++;
    return true;
  }
  bool complete() const { return found_ == count_; }
  uint32_t found() const { return found_; }

 private:
  bool met_[kMaxElements] = {};
  uint32_t count_, found_ = 0;
};

bool whole_values(const Map& map, bool in_use(const Map& map, uint32_t element)) {
  for (uint32_t i = 0; i < map.element_count; i++) {
    const uint8_t* value = map.elements + static_cast<size_t>(i) * map.element_stride + map.value_offset;
    if (in_use(map, i) && tag_of(value, kValueBytes) < 0) return false;
  }
  return true;
}

bool hash_intact(const Map& map) {
  Inventory inventory(map);
  for (uint32_t bucket = 0; bucket <= map.hash.bucket_mask; bucket++) {
    for (uint32_t i = map.hash.buckets[bucket]; i != kNoElement; i = element_at(map, i)->next) {
      if (!inventory.meet(i) || element_at(map, i)->mark == 0) return false;
    }
  }
  if (inventory.found() != map.entries || map.entries > map.def.max_entries) return false;
  for (uint32_t i = map.free_element; i != kNoElement; i = element_at(map, i)->next) {
    if (!inventory.meet(i) || element_at(map, i)->mark != 0) return false;
  }
  return inventory.complete() &&
         whole_values(map, [](const Map& m, uint32_t i) { return element_at(m, i)->mark != 0; });
}

bool queue_intact(const Map& map) {
  Inventory inventory(map);
  if (map.entries > map.def.max_entries || map.queue.oldest >= map.def.max_entries) return false;
  for (uint32_t i = 0; i < map.entries; i++) {
    const uint32_t element = map.queue.order[(map.queue.oldest + i) % map.def.max_entries];
    if (!inventory.meet(element)) return false;
    if (tag_of(map.elements + static_cast<size_t>(element) * map.element_stride, kValueBytes) < 0) return false;
  }
  uint32_t free_element = map.free_element;
  while (free_element != kNoElement) {
    if (!inventory.meet(free_element)) return false;
    memcpy(&free_element, map.elements + static_cast<size_t>(free_element) * map.element_stride, sizeof free_element);
  }
  return inventory.complete();
}

// Records follow each other without a gap up to the producer, and none is left open.
bool ring_intact(const Map& map) {
  const uint32_t used = map.ring.producer - map.ring.consumer;
  if (used > map.def.max_entries || used != map.entries) return false;
  for (uint32_t at = 0; at != used;) {
    if (at > used) return false;
    const uint32_t position = (map.ring.consumer + at) & (map.def.max_entries - 1);
    uint32_t header[2];
    memcpy(header, map.elements + position, sizeof header);
    if ((header[0] & kRingBusy) != 0 || header[1] != 0) return false;
    const uint32_t length = header[0] & ~kRingDiscard;
    if (position + isa::kRingHeaderBytes + length > map.def.max_entries) return false;
    if ((header[0] & kRingDiscard) == 0 && tag_of(map.elements + position + isa::kRingHeaderBytes, length) < 0) {
      return false;
    }
    at += (length + isa::kRingHeaderBytes + 7u) & ~7u;
  }
  return true;
}

}  // namespace

Span<const Scene> scenes() { return kScenes; }

Span<const Operation> operations(const Scene& scene) {
  switch (scene.def.type) {
    case MapType::queue:
    case MapType::stack:
      return kQueueOperations;
    case MapType::ring_buffer:
      return kRingOperations;
    default:
      return kHashOperations;
  }
}

void prepare(Map& map, const Scene& scene, void* storage, const perdita_port& port) {
  memset(storage, 0, static_cast<size_t>(map_storage_bytes(scene.def)));
  init_map(map, scene.def, storage);
  for (uint32_t i = 0; i < scene.filled; i++) {
    Value value;
    memset(value.bytes, static_cast<int>(0x40 + i), kValueBytes);
    if (scene.def.type == MapType::ring_buffer) {
      static_cast<void>(ring_output(map, port, value.bytes, kValueBytes, 0));
    } else {
      static_cast<void>(map_update(map, port, &i, value.bytes, kUpdateAny));
    }
  }
}

uint64_t contents(const Map& map) {
  if (map.def.type == MapType::ring_buffer) return ring_contents(map);
  if (map.def.type == MapType::lru_hash) return map.entries;
  const bool ordered = map.def.type == MapType::queue || map.def.type == MapType::stack;
  uint64_t all = kDigestStart;
  uint32_t cursor = 0;
  uint32_t key = 0;
  Value value;
  while (map_next(map, cursor, reinterpret_cast<uint8_t*>(&key), value.bytes)) {
    const uint64_t one = digest(digest(kDigestStart, &key, map.def.key_size), value.bytes, kValueBytes);
    all = ordered ? digest(all, &one, sizeof one) : all + one;
  }
  return all;
}

bool intact(const Map& map) {
  switch (map.def.type) {
    case MapType::queue:
    case MapType::stack:
      return queue_intact(map);
    case MapType::ring_buffer:
      return ring_intact(map);
    default:
      return hash_intact(map);
  }
}

Orders both_orders(const Scene& scene, const Operation& first, const Operation& second, void* storage,
                   const perdita_port& port) {
  Orders orders{};
  Map map;
  prepare(map, scene, storage, port);
  orders.first_then_second.first = first.run(map, port);
  orders.first_then_second.second = second.run(map, port);
  orders.first_then_second.contents = contents(map);
  prepare(map, scene, storage, port);
  orders.second_then_first.second = second.run(map, port);
  orders.second_then_first.first = first.run(map, port);
  orders.second_then_first.contents = contents(map);
  return orders;
}

}  // namespace perdita::runtime::testing
