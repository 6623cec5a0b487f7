// SPDX-License-Identifier: Apache-2.0
#include "control/duplicates.h"

#include <string.h>

namespace perdita::control {
namespace {

// FNV-1a, 64 bits (RFC 9923). Who forges a collision only repeats a reply to himself: the peer is compared too.
uint64_t digest(Bytes bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

}  // namespace

bool Duplicates::find(const perdita_peer& peer, Bytes datagram, uint64_t now_ns, Bytes& reply) const {
  const uint64_t wanted = digest(datagram);
  for (const Slot& slot : slots_) {
    if (slot.datagram_bytes != datagram.size() || slot.digest != wanted) continue;
    if (memcmp(slot.peer.address, peer.address, sizeof peer.address) != 0) continue;
    if (now_ns - slot.time_ns > kExchangeLifetimeNs) continue;
    reply = {slot.reply, slot.reply_bytes};
    return true;
  }
  return false;
}

void Duplicates::remember(const perdita_peer& peer, Bytes datagram, uint64_t now_ns, Bytes reply) {
  Slot& slot = slots_[next_];
  next_ = (next_ + 1) % kSlots;
  slot.time_ns = now_ns;
  slot.digest = digest(datagram);
  slot.peer = peer;
  slot.datagram_bytes = uint16_t(datagram.size());
  slot.reply_bytes = uint16_t(reply.size());
  if (!reply.empty()) memcpy(slot.reply, reply.data(), reply.size());
}

}  // namespace perdita::control
