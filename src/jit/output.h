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
  explicit Output(MutableBytes buffer) : buffer_(buffer) {}

  void byte(uint32_t value) {
    if (size_ < buffer_.size()) buffer_[size_] = static_cast<uint8_t>(value);
    size_++;
  }
  void half(uint32_t value) {
    store(size_, value);
    size_ += 2;
  }
  // Overwrites what half() wrote at `offset`.
  void store(uint32_t offset, uint32_t value) {
    if (buffer_.size() < 2 || offset > buffer_.size() - 2) return;
    buffer_[offset] = static_cast<uint8_t>(value);
    buffer_[offset + 1] = static_cast<uint8_t>(value >> 8);
  }
  uint32_t size() const { return size_; }
  // An instruction of two halfwords.
  void wide(uint32_t first, uint32_t second) {
    half(first);
    half(second);
    wide_++;
  }
  uint32_t instructions() const { return size_ / 2 - wide_; }

 private:
  MutableBytes buffer_;
  uint32_t size_ = 0;
  uint32_t wide_ = 0;
};

}  // namespace perdita::jit
