// SPDX-License-Identifier: Apache-2.0
//
// Remembers the replies to the last few requests that may have changed something, so that a repeated datagram gets the
// same reply and is not carried out again (RFC 7252, section 4.5). GETs are idempotent and not kept. A request counts
// as repeated when the peer sends the same bytes again: a client that starts anew with an old message id but another
// request is not given an old answer. Freestanding; thread context; constant time.
#pragma once

#include "isa/span.h"
#include "perdita/control.h"

namespace perdita::control {

// EXCHANGE_LIFETIME (RFC 7252, section 4.8.2).
constexpr uint64_t kExchangeLifetimeNs = 247ull * 1000 * 1000 * 1000;

class Duplicates {
 public:
  static constexpr size_t kSlots = 4;
  // Longest reply kept: header, token, options and a refusal's body.
  static constexpr size_t kReplyBytes = 160;

  // True where `datagram` repeats a request that is remembered; `reply` is then what it was answered, empty for
  // nothing.
  bool find(const perdita_peer& peer, Bytes datagram, uint64_t now_ns, Bytes& reply) const;
  // Takes the place of the oldest one. `reply`: at most kReplyBytes.
  void remember(const perdita_peer& peer, Bytes datagram, uint64_t now_ns, Bytes reply);

 private:
  struct Slot {
    uint64_t time_ns;
    uint64_t digest;
    perdita_peer peer;
    uint16_t datagram_bytes;  // 0: free; no request is that short
    uint16_t reply_bytes;
    uint8_t reply[kReplyBytes];
  };
  Slot slots_[kSlots];
  uint32_t next_;
};

}  // namespace perdita::control
