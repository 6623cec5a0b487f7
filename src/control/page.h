// SPDX-License-Identifier: Apache-2.0
//
// One page of a list as CBOR (docs/spec/control.md): { 1: [* item], ? 2: next }. Items are written until one does not
// fit; `next` then says where the following page begins. The array has indefinite length because an interrupt may
// change a map while its page is written. Freestanding; any context.
#pragma once

#include "isa/span.h"
#include "wire/cbor_writer.h"

namespace perdita::control {

class Page {
 public:
  // What a page without items needs at most: the least that `out` may be.
  static constexpr size_t kFrameBytes = 3 + 1 + 1 + 5;

  explicit Page(MutableBytes out) : out_(out), limit_(out.size() - kTailBytes) {
    out_[1] = kItemsKey;
    out_[2] = kOpenArray;
  }

  // Where the next item may be written, ...
  MutableBytes room() const { return out_.subspan(size_, limit_ - size_); }
  // ... and that this many bytes of it were.
  void take(size_t bytes) {
    size_ += bytes;
    items_++;
  }

  // Adds what write(CborWriter&) writes. False where that does not fit.
  template <typename Write>
  bool item(Write write) {
    wire::CborWriter writer(room());
    write(writer);
    if (writer.status() != Status::ok) return false;
    take(writer.size());
    return true;
  }

  uint32_t items() const { return items_; }

  // Closes the page and returns its length.
  size_t finish(bool has_next, uint32_t next) {
    out_[0] = has_next ? kMapOfTwo : kMapOfOne;
    out_[size_++] = kBreak;
    if (!has_next) return size_;
    wire::CborWriter writer(out_.subspan(size_));
    writer.unsigned_integer(kNextKey);
    writer.unsigned_integer(next);
    return size_ + writer.size();
  }

 private:
  static constexpr uint8_t kItemsKey = 1, kNextKey = 2;
  // RFC 8949, appendix B.
  static constexpr uint8_t kMapOfOne = 0xa1, kMapOfTwo = 0xa2, kOpenArray = 0x9f, kBreak = 0xff;
  static constexpr size_t kTailBytes = 1 + 1 + 5;  // break, key, 32-bit number

  MutableBytes out_;
  size_t size_ = 3;
  size_t limit_;  // items end here
  uint32_t items_ = 0;
};

}  // namespace perdita::control
