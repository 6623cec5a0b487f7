// SPDX-License-Identifier: Apache-2.0
//
// The ring buffer behind map.h (Linux, Documentation/bpf/ringbuf.rst): records of any size in the order in which they
// were reserved, taken by one reader in thread context. max_entries is its size in bytes, a power of two. A record is a
// header of 8 bytes, { length with the bits kRingBusy and kRingDiscard, 0 }, and its bytes, filled up to a multiple of
// 8. Memory is not mapped twice here, so a record lies in one piece by another rule: what does not fit before the
// buffer's end is preceded by a discarded record that fills it, and an empty buffer begins at its start again.
// Positions count bytes and wrap at 2^32. Reserving holds the lock for a few words; submitting is one store. Any level.
#pragma once

#include "runtime/map.h"

namespace perdita::runtime {

// BPF_RINGBUF_BUSY_BIT and BPF_RINGBUF_DISCARD_BIT, in a record's length.
constexpr uint32_t kRingBusy = 1u << 31;
constexpr uint32_t kRingDiscard = 1u << 30;

// Flags of output, submit and discard (BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP).
constexpr uint64_t kRingNoWakeup = 1;
constexpr uint64_t kRingForceWakeup = 2;

// What a query asks for (BPF_RB_AVAIL_DATA, BPF_RB_RING_SIZE, BPF_RB_CONS_POS, BPF_RB_PROD_POS).
enum class RingQuery : uint8_t { available = 0, size = 1, consumer = 2, producer = 3 };

void ring_init(Map& map, void* storage);

// Memory for a record, 8-aligned, or null where there is no room: then `lost` counts one up.
uint8_t* ring_reserve(Map& map, const perdita_port& port, uint64_t size_bytes);
// Ends a reservation: the reader sees the record, or skips it.
void ring_submit(Map& map, uint8_t* record, bool discard, uint64_t flags);
// 0, -EINVAL for unknown flags, -EAGAIN where there is no room.
int64_t ring_output(Map& map, const perdita_port& port, const void* data, uint64_t size_bytes, uint64_t flags);
// 0 for what does not exist, as in Linux.
uint64_t ring_query(const Map& map, uint64_t what);

// ---- the reader ----

struct RingRecord {
  const uint8_t* data;  // stays until it is taken
  uint32_t size_bytes;
};
// The first submitted record at or behind `cursor`, counted in bytes from the oldest; the cursor moves behind it. False
// behind the last one and before one that is still being written. Any cursor is safe; linear in the records before it.
bool ring_next(const Map& map, uint32_t& cursor, RingRecord& record);
// Frees what lies before a cursor that ring_next gave.
void ring_take(Map& map, const perdita_port& port, uint32_t cursor);
// Frees the records that end at or before `offset`, counted in bytes from the oldest and whatever it is: none in part,
// and none that is still being written.
void ring_take_whole(Map& map, const perdita_port& port, uint32_t offset);

}  // namespace perdita::runtime
