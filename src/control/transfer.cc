// SPDX-License-Identifier: Apache-2.0
#include "control/transfer.h"

#include <string.h>

namespace perdita::control {

bool Transfer::is_owner(const perdita_peer& peer) const {
  return memcmp(owner_.address, peer.address, sizeof peer.address) == 0;
}

Transfer::Step Transfer::take_block(const perdita_peer& peer, BlockOption block, Bytes payload, uint64_t now_ns) {
  if (uploading(now_ns) && !is_owner(peer)) return Step::other_peer;
  // Every block but the last is full (RFC 7959, section 2.2).
  if (!block.valid() || payload.size() > block.size_bytes()) return Step::bad_block;
  if (block.more && payload.size() != block.size_bytes()) return Step::bad_block;
  if (block.number == 0) {
    // The first block begins an upload, also anew (section 2.5).
    use_ = Use::upload;
    owner_ = peer;
    size_ = 0;
  } else if (!uploading(now_ns) || block.offset() != size_) {
    return Step::gap;
  }
  if (payload.size() > buffer_.size() - size_) {
    use_ = Use::none;
    return Step::too_large;
  }
  if (!payload.empty()) memcpy(buffer_.data() + size_, payload.data(), payload.size());
  size_ += payload.size();
  time_ns_ = now_ns;
  return block.more ? Step::more : Step::complete;
}

MutableBytes Transfer::begin_snapshot() {
  use_ = Use::none;
  return buffer_;
}

void Transfer::keep_snapshot(const perdita_peer& peer, const SnapshotName& name, size_t size_bytes) {
  use_ = Use::snapshot;
  owner_ = peer;
  name_ = name;
  size_ = size_bytes;
  tag_++;
}

bool Transfer::has_snapshot(const perdita_peer& peer, const SnapshotName& name) const {
  return use_ == Use::snapshot && is_owner(peer) && name_.resource == name.resource && name_.from == name.from;
}

}  // namespace perdita::control
