// SPDX-License-Identifier: Apache-2.0
//
// Who observes what (RFC 7641), in a table of fixed size: ring buffers, whose records each observer gets once and in
// order, and the log. Every notification is confirmable, one at a time for each observer, and repeated with exponential
// back-off (RFC 7252, section 4.2). An acknowledgement moves the observer's position; a ring buffer's records are taken
// where the slowest of its observers has them. Who does not answer is struck from the table, so a record is held back
// for a bounded time, and programs never wait. Freestanding; thread context; each call linear in the table, and in one
// ring buffer.
#pragma once

#include "control/coap_message.h"
#include "control/resources.h"
#include "control/ring_page.h"
#include "perdita/control.h"

namespace perdita::control {

// RFC 7252, section 4.8: ACK_TIMEOUT, ACK_RANDOM_FACTOR 1.5, MAX_RETRANSMIT.
constexpr uint32_t kAckTimeoutMs = 2000;
constexpr uint32_t kAckRandomMs = 1000;
constexpr uint8_t kMaxRetransmit = 4;
// An observer hears something at least that often: below the Max-Age that notifications have by default (60 s), and how
// those are found that went away while there was nothing to tell.
constexpr uint64_t kSilenceNs = 45ull * 1000 * 1000 * 1000;

class Observers {
 public:
  static constexpr size_t kSlots = 4;

  // What is observed, and with what it is told.
  struct World {
    perdita_runtime* runtime;
    const LogRing* log;
    uint64_t now_ns;
  };

  void init(perdita_runtime* runtime);

  // Adds an observer, or goes on with the one of that peer and token. False where the table is full. `path_digest`: of
  // the request. Only Resource::records and Resource::log.
  bool add(const World& world, const perdita_peer& peer, Bytes token, uint64_t path_digest, const Subject& subject);
  // The answer to a registration with a ring buffer: a page without records that says from where on they will come.
  size_t first_page(const World& world, const perdita_peer& peer, Bytes token, MutableBytes out);
  void remove(const World& world, const perdita_peer& peer, Bytes token);
  // An acknowledgement, or a reset, came from that peer for that message id.
  void acknowledge(const World& world, const perdita_peer& peer, uint16_t message_id);
  void reset(const World& world, const perdita_peer& peer, uint16_t message_id);

  // Writes the next notification that is due to `out` (PERDITA_COAP_DATAGRAM_BYTES) and its receiver to `to`. 0: none.
  size_t poll(const World& world, uint16_t& next_id, perdita_peer& to, MutableBytes out);

  // The number of the Observe option for an answer that is made now.
  uint32_t next_sequence() { return ++sequence_ & 0xffffff; }

 private:
  enum class Kind : uint8_t { free, ring, log, gone };  // gone: what was observed is; to be told so

  struct Observer {
    uint64_t path_digest;
    uint64_t due_ns;       // while waiting: of the next attempt; else: when to break the silence
    const void* identity;  // ring
    uint32_t map_index;    // ring
    uint32_t position;     // everything before it has arrived; log: the low bits of its count of bytes
    uint32_t sent;         // behind what the notification under way has
    uint32_t lost;         // ring: the count that was told last
    uint32_t sequence;     // of the notification under way
    uint16_t message_id;   // of it
    uint16_t timeout_ms;   // of its first attempt
    perdita_peer peer;
    uint8_t token[kMaxTokenBytes];
    uint8_t token_bytes;
    Kind kind;
    bool waiting;      // for an acknowledgement
    bool pending;      // ring: a record asked for a notification
    uint8_t attempts;  // after the first
  };

  Observer* find(const perdita_peer& peer, Bytes token);
  Observer* find_waiting(const perdita_peer& peer, uint16_t message_id);
  void locate_all(const World& world);
  void take_from_slowest(const World& world, uint32_t map_index);
  void strike(const World& world, Observer& observer);
  bool find_ring_news(const World& world, Observer& observer);
  bool find_news(const World& world, Observer& observer, bool silent, MutableBytes room);
  size_t begin(const World& world, Observer& observer, uint16_t message_id, MutableBytes out);
  size_t write(const World& world, Observer& observer, MutableBytes out);

  Observer slots_[kSlots];
  uint32_t turn_;      // whose turn it is: the one after who was sent something last
  uint32_t sequence_;  // counts over all observers, so that one that comes again sees no old numbers
  uint32_t changes_;   // of the runtime, when all ring buffers were located
};

}  // namespace perdita::control
