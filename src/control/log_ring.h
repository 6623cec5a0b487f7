// SPDX-License-Identifier: Apache-2.0
//
// The last kBytes of what programs and the runtime logged. Written from any context, read from thread context; the
// caller holds the port's lock in both. Freestanding; time linear in the bytes kept.
#pragma once

#include "isa/span.h"

namespace perdita::control {

class LogRing {
 public:
  static constexpr size_t kBytes = 512;

  void append(Text text);
  // Bytes ever appended: a reader sees by it what is new, and what it missed.
  uint64_t total() const { return total_; }
  size_t kept() const { return total_ < kBytes ? size_t(total_) : kBytes; }
  // Copies the kept() bytes, oldest first.
  void copy(uint8_t* to) const { copy(total_ - kept(), kept(), to); }
  // Copies `count` bytes from the `first`-th ever appended on, all of them kept.
  void copy(uint64_t first, size_t count, uint8_t* to) const;

 private:
  uint8_t ring_[kBytes];
  uint64_t total_;
};

}  // namespace perdita::control
