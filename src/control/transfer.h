// SPDX-License-Identifier: Apache-2.0
//
// The one large buffer of the control plane and who has it: a package that arrives in blocks, or the snapshot of an
// answer that leaves in blocks (RFC 7959), so that all its blocks are of one moment. An upload takes the buffer from a
// snapshot, never the other way round, and holds it until it ends or no block came for kStaleNs.
// Freestanding; thread context.
#pragma once

#include "control/block_option.h"
#include "isa/span.h"
#include "perdita/control.h"

namespace perdita::control {

constexpr uint64_t kStaleNs = 30ull * 1000 * 1000 * 1000;

// Which answer a snapshot holds.
struct SnapshotName {
  uint64_t resource;  // digest of the path
  uint32_t from;      // first item of the page
};

class Transfer {
 public:
  void init(MutableBytes buffer) { buffer_ = buffer; }
  size_t capacity() const { return buffer_.size(); }

  // ---- upload ----
  enum class Step : uint8_t {
    more,        // taken; the next block is awaited
    complete,    // taken; body() holds all of it
    gap,         // not the block that follows, or none was begun: 4.08
    bad_block,   // a block that is not of its size: 4.00
    too_large,   // larger than the buffer: 4.13; the upload is given up
    other_peer,  // another peer's upload has the buffer: 5.03
  };
  Step take_block(const perdita_peer& peer, BlockOption block, Bytes payload, uint64_t now_ns);
  // Of a complete upload, until end_upload().
  Bytes body() const { return {buffer_.data(), size_}; }
  void end_upload() { use_ = Use::none; }
  bool uploading(uint64_t now_ns) const { return use_ == Use::upload && now_ns - time_ns_ <= kStaleNs; }
  // Nanoseconds until the buffer counts as free again; only while uploading().
  uint64_t stale_in_ns(uint64_t now_ns) const { return kStaleNs - (now_ns - time_ns_); }

  // ---- snapshot ----
  // The buffer, to write a snapshot into; only while not uploading().
  MutableBytes begin_snapshot();
  void keep_snapshot(const perdita_peer& peer, const SnapshotName& name, size_t size_bytes);
  bool has_snapshot(const perdita_peer& peer, const SnapshotName& name) const;
  Bytes snapshot() const { return {buffer_.data(), size_}; }
  // Another number for each snapshot: its ETag.
  uint32_t snapshot_tag() const { return tag_; }

 private:
  enum class Use : uint8_t { none, upload, snapshot };

  bool is_owner(const perdita_peer& peer) const;

  MutableBytes buffer_;
  Use use_;
  perdita_peer owner_;
  size_t size_;
  uint64_t time_ns_;  // of the last block taken
  SnapshotName name_;
  uint32_t tag_;
};

}  // namespace perdita::control
