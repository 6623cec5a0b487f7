// SPDX-License-Identifier: Apache-2.0
//
// Where a code generator writes: a buffer of the caller's, or nothing at all, and then only the size is found. Never
// writes behind the buffer's end; size() goes on counting there. Counts Thumb's
// instructions, too. Freestanding; any context.
#pragma once

#include "isa/span.h"

namespace perdita::jit {

class Output {
 public:
  explicit Output(MutableBytes buffer) : bytes_(buffer.data()), room_(static_cast<uint32_t>(buffer.size())) {}

  void byte(uint32_t value) {
    if (size_ < room_) bytes_[size_] = static_cast<uint8_t>(value);
    size_++;
  }
  void three(uint32_t value) {
    const uint32_t end = size_ + 3;
    size_ = end;
    if (end > room_) return;
    uint8_t* const to = bytes_ + end;
    to[-3] = static_cast<uint8_t>(value);
    to[-2] = static_cast<uint8_t>(value >> 8);
    to[-1] = static_cast<uint8_t>(value >> 16);
  }
  void half(uint32_t value) {
    const uint32_t at = size_;
    size_ = at + 2;
    if (size_ <= room_) put(at, value);
  }
  // Overwrites what half() wrote at `offset`.
  void store(uint32_t offset, uint32_t value) {
    if (offset + 2 <= room_) put(offset, value);
  }
  // What half() wrote at `offset`, which is in the buffer.
  uint32_t load(uint32_t offset) const { return bytes_[offset] | static_cast<uint32_t>(bytes_[offset + 1]) << 8; }
  // What is written there overwrites what is there.
  Output at(uint32_t offset) const { return Output({bytes_ + offset, room_ - offset}); }
  uint32_t size() const { return size_; }
  // An instruction of two halfwords: the first one is the lower.
  void wide(uint32_t halves) {
    const uint32_t at = size_;
    size_ = at + 4;
    wide_++;
    if (size_ > room_) return;
    uint8_t* const to = bytes_ + at;
    to[0] = static_cast<uint8_t>(halves);
    to[1] = static_cast<uint8_t>(halves >> 8);
    to[2] = static_cast<uint8_t>(halves >> 16);
    to[3] = static_cast<uint8_t>(halves >> 24);
  }
  void wide(uint32_t first, uint32_t second) { wide(first | second << 16); }
  uint32_t instructions() const { return size_ / 2 - wide_; }

 private:
  // One store where the machine can.
  void put(uint32_t offset, uint32_t value) {
    uint8_t* const to = bytes_ + offset;
    to[0] = static_cast<uint8_t>(value);
    to[1] = static_cast<uint8_t>(value >> 8);
  }

  uint8_t* bytes_;
  uint32_t room_;
  uint32_t size_ = 0;
  uint32_t wide_ = 0;
};

}  // namespace perdita::jit
