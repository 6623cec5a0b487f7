// SPDX-License-Identifier: Apache-2.0
#include "runtime/ring_buffer.h"

#include <string.h>

#include "runtime/lock.h"

namespace perdita::runtime {
namespace {

constexpr uint32_t kHeader = isa::kRingHeaderBytes;

uint32_t* header_at(const Map& map, uint32_t position) {
  return reinterpret_cast<uint32_t*>(map.elements + (position & (map.def.max_entries - 1)));
}

// From one record to the next.
constexpr uint32_t stride(uint32_t length) { return (length + kHeader + 7u) & ~7u; }

void set_record(const Map& map, uint32_t position, uint32_t length_and_bits) {
  uint32_t* header = header_at(map, position);
  header[1] = 0;
  __atomic_store_n(&header[0], length_and_bits, __ATOMIC_RELAXED);
}

}  // namespace

void ring_init(Map& map, void* storage) {
  map.elements = static_cast<uint8_t*>(storage);
  map.element_stride = 8;
  map.element_count = map.def.max_entries / 8;
  map.ring = {};
}

uint8_t* ring_reserve(Map& map, const perdita_port& port, uint64_t size_bytes) {
  const uint32_t capacity = map.def.max_entries;
  RingState& ring = map.ring;
  Lock lock(port);
  if (size_bytes > capacity - kHeader) {
    ring.lost++;
    return nullptr;
  }
  const uint32_t length = static_cast<uint32_t>(size_bytes);
  const uint32_t needed = stride(length);
  const uint32_t until_end = capacity - (ring.producer & (capacity - 1));
  uint32_t filled = needed > until_end ? until_end : 0;
  if (filled != 0 && ring.producer == ring.consumer) {
    ring.producer += filled;
    ring.consumer = ring.producer;
    filled = 0;
  }
  if (capacity - (ring.producer - ring.consumer) < needed + filled) {
    ring.lost++;
    return nullptr;
  }
  if (filled != 0) set_record(map, ring.producer, (filled - kHeader) | kRingDiscard);
  const uint32_t position = ring.producer + filled;
  set_record(map, position, length | kRingBusy);
  __atomic_store_n(&ring.producer, position + needed, __ATOMIC_RELEASE);
  map.entries = ring.producer - ring.consumer;
  return reinterpret_cast<uint8_t*>(header_at(map, position)) + kHeader;
}

void ring_submit(Map& map, uint8_t* record, bool discard, uint64_t flags) {
  uint32_t* header = reinterpret_cast<uint32_t*>(record - kHeader);
  const uint32_t length = *header & ~kRingBusy;
  __atomic_store_n(header, discard ? length | kRingDiscard : length, __ATOMIC_RELEASE);
  // Adaptive notification is one for every record: the reader asks, and a flag that is set already costs nothing.
  if ((flags & kRingNoWakeup) == 0) __atomic_store_n(&map.ring.wakeup, 1u, __ATOMIC_RELEASE);
}

int64_t ring_output(Map& map, const perdita_port& port, const void* data, uint64_t size_bytes, uint64_t flags) {
  if ((flags & ~(kRingNoWakeup | kRingForceWakeup)) != 0) return kErrorInvalid;
  uint8_t* record = ring_reserve(map, port, size_bytes);
  if (record == nullptr) return kErrorAgain;
  memcpy(record, data, static_cast<size_t>(size_bytes));
  ring_submit(map, record, false, flags);
  return 0;
}

uint64_t ring_query(const Map& map, uint64_t what) {
  const uint32_t producer = __atomic_load_n(&map.ring.producer, __ATOMIC_RELAXED);
  const uint32_t consumer = __atomic_load_n(&map.ring.consumer, __ATOMIC_RELAXED);
  switch (what) {
    case static_cast<uint64_t>(RingQuery::available):
      // Between the two reads a higher level may have moved both, never by more than an empty buffer's rest.
      return producer - consumer <= map.def.max_entries ? producer - consumer : 0;
    case static_cast<uint64_t>(RingQuery::size):
      return map.def.max_entries;
    case static_cast<uint64_t>(RingQuery::consumer):
      return consumer;
    case static_cast<uint64_t>(RingQuery::producer):
      return producer;
    default:
      return 0;
  }
}

bool ring_next(const Map& map, uint32_t& cursor, RingRecord& record) {
  uint32_t offset = 0;
  for (;;) {
    // The consumer moves by itself only while the buffer is empty, and then there is nothing to see.
    const uint32_t available = static_cast<uint32_t>(ring_query(map, static_cast<uint64_t>(RingQuery::available)));
    if (offset >= available) return false;
    const uint32_t* header = header_at(map, map.ring.consumer + offset);
    const uint32_t length_and_bits = __atomic_load_n(header, __ATOMIC_ACQUIRE);
    if ((length_and_bits & kRingBusy) != 0) return false;
    const uint32_t length = length_and_bits & ~kRingDiscard;
    const uint32_t start = offset;
    offset += stride(length);
    if (start < cursor) continue;
    cursor = offset;
    if ((length_and_bits & kRingDiscard) != 0) continue;
    record = {reinterpret_cast<const uint8_t*>(header) + kHeader, length};
    return true;
  }
}

void ring_take_whole(Map& map, const perdita_port& port, uint32_t offset) {
  const uint32_t available = static_cast<uint32_t>(ring_query(map, static_cast<uint64_t>(RingQuery::available)));
  uint32_t taken = 0;
  while (taken < available) {
    const uint32_t length_and_bits = __atomic_load_n(header_at(map, map.ring.consumer + taken), __ATOMIC_ACQUIRE);
    const uint32_t end = taken + stride(length_and_bits & ~(kRingBusy | kRingDiscard));
    if ((length_and_bits & kRingBusy) != 0 || end > offset) break;
    taken = end;
  }
  if (taken != 0) ring_take(map, port, taken);
}

void ring_take(Map& map, const perdita_port& port, uint32_t cursor) {
  Lock lock(port);
  map.ring.consumer += cursor;
  map.entries = map.ring.producer - map.ring.consumer;
}

}  // namespace perdita::runtime
