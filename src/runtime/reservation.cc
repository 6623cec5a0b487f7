// SPDX-License-Identifier: Apache-2.0
#include "runtime/reservation.h"

#include "runtime/ring_buffer.h"

namespace perdita::runtime {

uint8_t* reserve(Activity& activity, Map& map, const perdita_port& port, uint64_t size_bytes) {
  if (activity.reservation_count == isa::kMaxReservations) return nullptr;
  uint8_t* sample = ring_reserve(map, port, size_bytes);
  if (sample == nullptr) return nullptr;
  activity.reservations[activity.reservation_count++] = {&map, sample, static_cast<uint32_t>(size_bytes)};
  return sample;
}

bool release(Activity& activity, const void* sample, bool discard, uint64_t flags) {
  for (uint32_t i = 0; i < activity.reservation_count; i++) {
    const Reservation held = activity.reservations[i];
    if (held.sample != sample) continue;
    activity.reservations[i] = activity.reservations[--activity.reservation_count];
    ring_submit(*held.map, static_cast<uint8_t*>(held.sample), discard, flags);
    return true;
  }
  return false;
}

void release_reservations(Activity& activity) {
  while (activity.reservation_count > 0) {
    const Reservation& held = activity.reservations[--activity.reservation_count];
    ring_submit(*held.map, static_cast<uint8_t*>(held.sample), true, 0);
  }
}

}  // namespace perdita::runtime
