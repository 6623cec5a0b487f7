// SPDX-License-Identifier: Apache-2.0
//
// Writes deterministically encoded CBOR (RFC 8949, section 4.2.1) into the caller's buffer. Heads are always the
// shortest; the order of map keys is the caller's duty. Running out of room latches: nothing more is written, but
// size() goes on counting, so that writing into an empty buffer measures. Freestanding; any context; under 64 bytes of
// stack.
#pragma once

#include "isa/span.h"
#include "isa/status.h"
#include "wire/cbor_reader.h"

namespace perdita::wire {

class CborWriter {
 public:
  explicit CborWriter(MutableBytes buffer) : buffer_(buffer) {}

  // Bytes written, or needed where status() is too_large.
  size_t size() const { return size_; }
  Status status() const { return size_ <= buffer_.size() ? Status::ok : Status::too_large; }

  void unsigned_integer(uint64_t value) { head(CborType::unsigned_integer, value); }
  void integer(int64_t value);
  void bytes(Bytes value);
  void text(Text value);
  void array(uint64_t count) { head(CborType::array, count); }
  void map(uint64_t count) { head(CborType::map, count); }
  void tag(uint64_t number) { head(CborType::tag, number); }
  void boolean(bool value);
  void null();
  // The head of a byte string whose `size` bytes follow with raw().
  void bytes_head(uint64_t size) { head(CborType::bytes, size); }
  // Bytes as they are: an encoded item, or the content behind a bytes_head.
  void raw(Bytes value);

 private:
  void head(CborType type, uint64_t value);
  void put(uint8_t byte);

  MutableBytes buffer_;
  size_t size_ = 0;
};

}  // namespace perdita::wire
