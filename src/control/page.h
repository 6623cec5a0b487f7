// SPDX-License-Identifier: Apache-2.0
//
// One page of a list as deterministic CBOR (docs/spec/control.md): { 1: [* item], ? 2: next }. Items are written until
// one does not fit; `next` then says where the following page begins. How many there are is known last (an interrupt
// may change a map while its page is written), so room is left for the array's head and the items move up to it.
// Freestanding; any context; linear in the page.
#pragma once

#include <string.h>

#include "isa/span.h"
#include "wire/cbor_writer.h"

namespace perdita::control {

class Page {
 public:
  // What a page without items needs at most: the least that `out` may be.
  static constexpr size_t kFrameBytes = 7 + 6;

  // `more_bytes`: kept free behind the page, for keys above its own.
  explicit Page(MutableBytes out, size_t more_bytes = 0) : out_(out), limit_(out.size() - kTailBytes - more_bytes) {}

  // Where the next item may be written, ...
  MutableBytes room() const { return out_.subspan(size_, limit_ - size_); }
  // ... and that this many bytes of it were.
  void take(size_t bytes) {
    size_ += bytes;
    items_++;
  }

  // Adds what write(CborWriter&) writes. False where that does not fit, or write() returns false: there is none.
  template <typename Write>
  bool item(Write write) {
    wire::CborWriter writer(room());
    if (!write(writer) || writer.status() != Status::ok) return false;
    take(writer.size());
    return true;
  }

  uint32_t items() const { return items_; }

  // Closes the page and returns its length. The caller goes on with `more_keys` keys of its own.
  size_t finish(bool has_next, uint32_t next, size_t more_keys = 0) {
    wire::CborWriter head(out_.subspan(0, kHeadBytes));
    head.map((has_next ? 2 : 1) + more_keys);
    head.unsigned_integer(kItemsKey);
    head.array(items_);
    memmove(out_.data() + head.size(), out_.data() + kHeadBytes, size_ - kHeadBytes);
    const size_t end = head.size() + size_ - kHeadBytes;
    if (!has_next) return end;
    wire::CborWriter tail(out_.subspan(end));
    tail.unsigned_integer(kNextKey);
    tail.unsigned_integer(next);
    return end + tail.size();
  }

 private:
  static constexpr uint8_t kItemsKey = 1, kNextKey = 2;
  static constexpr size_t kHeadBytes = 1 + 1 + 5;  // map, key, array of up to 2^32 - 1 items
  static constexpr size_t kTailBytes = 1 + 5;      // key, 32-bit number

  MutableBytes out_;
  size_t size_ = kHeadBytes;
  size_t limit_;  // items end here
  uint32_t items_ = 0;
};

}  // namespace perdita::control
