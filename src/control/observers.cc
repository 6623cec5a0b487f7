// SPDX-License-Identifier: Apache-2.0
#include "control/observers.h"

#include <string.h>

#include "wire/cbor_writer.h"

namespace perdita::control {
namespace {

constexpr uint64_t kNsPerMs = 1000 * 1000;
constexpr size_t kNotificationBytes = 1024;  // of payload

bool same(const perdita_peer& a, const perdita_peer& b) { return memcmp(a.address, b.address, sizeof a.address) == 0; }

const perdita_port& port_of(const Observers::World& world) { return *perdita_configuration(world.runtime)->port; }

// The map whose path has that digest; false where there is none.
bool locate(const perdita_runtime* runtime, uint64_t path_digest, uint32_t& index) {
  const uint64_t parent = digest_with_segment(kEmptyPathDigest, text("maps"));
  perdita_map_info map;
  for (index = 0; perdita_map_at(runtime, index, &map) != 0; index++) {
    const uint64_t package = digest_with_segment(parent, text(map.package));
    if (digest_with_segment(package, text(map.name)) == path_digest) return true;
  }
  return false;
}

uint32_t log_total(const Observers::World& world) {
  const perdita_port& port = port_of(world);
  const uint32_t state = port.core.lock(port.user);
  const uint32_t total = uint32_t(world.log->total());
  port.core.unlock(port.user, state);
  return total;
}

// What the log still holds of the bytes between two counts, of which only the low bits are known: { 1: total, 2: bytes
// } with the total as of `until`.
size_t render_log_part(const Observers::World& world, uint32_t from, uint32_t until, MutableBytes out) {
  const perdita_port& port = port_of(world);
  const uint32_t state = port.core.lock(port.user);
  const uint64_t end = world.log->total() - (uint32_t(world.log->total()) - until);
  const uint64_t oldest = world.log->total() - world.log->kept();
  uint64_t start = end - (until - from);
  if (start < oldest) start = oldest;
  const size_t count = start < end ? size_t(end - start) : 0;
  wire::CborWriter writer(out);
  writer.map(2);
  writer.unsigned_integer(1);
  writer.unsigned_integer(end);
  writer.unsigned_integer(2);
  writer.bytes_head(count);
  if (count != 0) world.log->copy(start, count, out.data() + writer.size());
  port.core.unlock(port.user, state);
  return writer.size() + count;
}

}  // namespace

void Observers::init(perdita_runtime* runtime) {
  const perdita_port& port = *perdita_configuration(runtime)->port;
  sequence_ = port.core.random(port.user);
  changes_ = perdita_changes(runtime);
}

// ---- the table ----

Observers::Observer* Observers::find(const perdita_peer& peer, Bytes token) {
  for (Observer& observer : slots_) {
    if (observer.kind == Kind::free || !same(observer.peer, peer)) continue;
    if (equal(Bytes(observer.token, observer.token_bytes), token)) return &observer;
  }
  return nullptr;
}

Observers::Observer* Observers::find_waiting(const perdita_peer& peer, uint16_t message_id) {
  for (Observer& observer : slots_) {
    if (observer.kind == Kind::free || !observer.waiting || observer.message_id != message_id) continue;
    if (same(observer.peer, peer)) return &observer;
  }
  return nullptr;
}

bool Observers::add(const World& world, const perdita_peer& peer, Bytes token, uint64_t path_digest,
                    const Subject& subject) {
  const Kind kind = subject.resource == Resource::log ? Kind::log : Kind::ring;
  Observer* observer = find(peer, token);
  // The same again refreshes the entry (RFC 7641, section 4.1): what has not arrived is still to come.
  const bool goes_on = observer != nullptr && observer->kind == kind && observer->path_digest == path_digest;
  for (Observer& slot : slots_) {
    if (observer == nullptr && slot.kind == Kind::free) observer = &slot;
  }
  if (observer == nullptr) return false;
  if (!goes_on) {
    *observer = {};
    observer->kind = kind;
    observer->path_digest = path_digest;
    observer->map_index = subject.map_index;
    observer->peer = peer;
    observer->token_bytes = uint8_t(token.size());
    if (!token.empty()) memcpy(observer->token, token.data(), token.size());
    perdita_ring_info ring{};
    perdita_ring_at(world.runtime, subject.map_index, &ring);
    observer->identity = ring.identity;
    observer->lost = ring.lost;
    observer->position = kind == Kind::log ? log_total(world) : ring.consumer;
  }
  observer->pending = true;
  if (!observer->waiting) observer->due_ns = world.now_ns + kSilenceNs;
  return true;
}

size_t Observers::first_page(const World& world, const perdita_peer& peer, Bytes token, MutableBytes out) {
  const Observer* observer = find(peer, token);
  if (observer == nullptr) return 0;
  const RecordRange none{observer->position, 0};
  return render_records(world.runtime, observer->map_index, none, observer->lost, PageUse::notification, out).size;
}

void Observers::strike(const World& world, Observer& observer) {
  const bool had_ring = observer.kind == Kind::ring;
  observer.kind = Kind::free;
  // It may have been the slowest.
  if (had_ring) take_from_slowest(world, observer.map_index);
}

void Observers::remove(const World& world, const perdita_peer& peer, Bytes token) {
  Observer* observer = find(peer, token);
  if (observer != nullptr) strike(world, *observer);
}

void Observers::reset(const World& world, const perdita_peer& peer, uint16_t message_id) {
  Observer* observer = find_waiting(peer, message_id);
  if (observer != nullptr) strike(world, *observer);
}

void Observers::acknowledge(const World& world, const perdita_peer& peer, uint16_t message_id) {
  Observer* observer = find_waiting(peer, message_id);
  if (observer == nullptr) return;
  if (observer->kind == Kind::gone) return strike(world, *observer);
  observer->waiting = false;
  observer->position = observer->sent;
  observer->due_ns = world.now_ns + kSilenceNs;
  if (observer->kind == Kind::ring) take_from_slowest(world, observer->map_index);
}

// ---- ring buffers ----

void Observers::take_from_slowest(const World& world, uint32_t map_index) {
  // Where packages changed, indices mean nothing until locate_all().
  if (perdita_changes(world.runtime) != changes_) return;
  perdita_ring_info ring;
  if (perdita_ring_at(world.runtime, map_index, &ring) == 0) return;
  const uint32_t there = ring.producer - ring.consumer;
  uint32_t least = UINT32_MAX;
  for (const Observer& observer : slots_) {
    if (observer.kind != Kind::ring || observer.identity != ring.identity) continue;
    const uint32_t has = observer.position - ring.consumer;
    if (has > there) return;  // one that has yet to find its place
    if (has < least) least = has;
  }
  if (least != UINT32_MAX && least != 0) perdita_ring_take(world.runtime, map_index, ring.consumer + least);
}

// After packages came or went: where ring buffers are now, and which are no more.
void Observers::locate_all(const World& world) {
  changes_ = perdita_changes(world.runtime);
  for (Observer& observer : slots_) {
    if (observer.kind != Kind::ring) continue;
    perdita_ring_info ring{};
    if (!locate(world.runtime, observer.path_digest, observer.map_index) ||
        perdita_ring_at(world.runtime, observer.map_index, &ring) == 0) {
      observer.kind = Kind::gone;
      observer.waiting = false;
      continue;
    }
    if (ring.identity == observer.identity) continue;
    // Another ring buffer of that name: it is observed from its start.
    observer.identity = ring.identity;
    observer.position = ring.consumer;
    observer.waiting = false;
    observer.pending = true;
  }
}

// Who observes a ring buffer that woke up has to look at it; this one says whether records were lost.
bool Observers::find_ring_news(const World& world, Observer& observer) {
  perdita_ring_info ring{};
  perdita_ring_at(world.runtime, observer.map_index, &ring);
  if (perdita_ring_woken(world.runtime, observer.map_index) != 0) {
    for (Observer& other : slots_) {
      if (other.kind == Kind::ring && other.identity == ring.identity) other.pending = true;
    }
  }
  // An empty ring buffer's positions jump (ring_buffer.h); a position that is not in it stands for its start.
  if (observer.position - ring.consumer > ring.producer - ring.consumer) observer.position = ring.consumer;
  const bool says_lost = ring.lost != observer.lost;
  observer.lost = ring.lost;
  return says_lost;
}

// ---- notifications ----

size_t Observers::write(const World& world, Observer& observer, MutableBytes out) {
  const Bytes token(observer.token, observer.token_bytes);
  if (observer.kind == Kind::gone) {
    // Section 4.2: without the Observe option, and the last one.
    return MessageWriter(out, MessageType::confirmable, code::kNotFound, observer.message_id, token).finish(0);
  }
  MessageWriter writer(out, MessageType::confirmable, code::kContent, observer.message_id, token);
  writer.uint_option(option::kObserve, observer.sequence);
  writer.uint_option(option::kContentFormat, kFormatCbor);
  const MutableBytes payload = writer.payload().subspan(0, kNotificationBytes);
  if (observer.kind == Kind::log) {
    return writer.finish(render_log_part(world, observer.position, observer.sent, payload));
  }
  const RecordRange range{observer.position, observer.sent - observer.position};
  return writer.finish(
      render_records(world.runtime, observer.map_index, range, observer.lost, PageUse::notification, payload).size);
}

// Whether there is something to tell, of which `sent` is then the end. `silent`: also where there is nothing.
bool Observers::find_news(const World& world, Observer& observer, bool silent, MutableBytes room) {
  if (observer.kind == Kind::gone) return true;
  if (observer.kind == Kind::log) {
    observer.sent = log_total(world);
    return silent || observer.sent != observer.position;
  }
  const bool says_lost = find_ring_news(world, observer);
  if (!observer.pending && !says_lost && !silent) return false;
  const RingPage page = render_records(world.runtime, observer.map_index, {observer.position}, observer.lost,
                                       PageUse::notification, room);
  observer.sent = page.position;
  if (page.records != 0) return true;
  // Discarded records are nothing to tell, and nothing to keep.
  observer.pending = false;
  observer.position = page.position;
  take_from_slowest(world, observer.map_index);
  return says_lost || silent;
}

// Starts the next notification of an observer that has none under way.
size_t Observers::begin(const World& world, Observer& observer, uint16_t message_id, MutableBytes out) {
  const MutableBytes room = out.subspan(MessageWriter::kMaxHeadBytes, kNotificationBytes);
  if (!find_news(world, observer, world.now_ns >= observer.due_ns, room)) return 0;
  const perdita_port& port = port_of(world);
  observer.timeout_ms = uint16_t(kAckTimeoutMs + port.core.random(port.user) % kAckRandomMs);
  observer.waiting = true;
  observer.attempts = 0;
  observer.due_ns = world.now_ns + observer.timeout_ms * kNsPerMs;
  observer.message_id = message_id;
  observer.sequence = next_sequence();
  return write(world, observer, out);
}

size_t Observers::poll(const World& world, uint16_t& next_id, perdita_peer& to, MutableBytes out) {
  if (perdita_changes(world.runtime) != changes_) locate_all(world);
  for (size_t i = 0; i < kSlots; i++) {
    const uint32_t number = (turn_ + i) % kSlots;
    Observer& observer = slots_[number];
    if (observer.kind == Kind::free) continue;
    size_t size = 0;
    if (!observer.waiting) {
      size = begin(world, observer, next_id, out);
      if (size != 0) next_id++;
    } else if (world.now_ns >= observer.due_ns) {
      if (observer.attempts == kMaxRetransmit) {
        strike(world, observer);
        continue;
      }
      observer.attempts++;
      observer.due_ns = world.now_ns + (uint64_t{observer.timeout_ms} << observer.attempts) * kNsPerMs;
      size = write(world, observer, out);
    }
    if (size == 0) continue;
    turn_ = number + 1;
    to = observer.peer;
    return size;
  }
  return 0;
}

}  // namespace perdita::control
