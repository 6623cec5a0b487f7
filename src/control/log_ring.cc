// SPDX-License-Identifier: Apache-2.0
#include "control/log_ring.h"

#include <string.h>

namespace perdita::control {

void LogRing::append(Text text) {
  const size_t skipped = text.size() > kBytes ? text.size() - kBytes : 0;
  total_ += skipped;
  for (size_t i = skipped; i < text.size(); i++) ring_[total_++ % kBytes] = uint8_t(text[i]);
}

void LogRing::copy(uint64_t first, size_t count, uint8_t* to) const {
  const size_t start = size_t(first % kBytes);
  const size_t until_end = count < kBytes - start ? count : kBytes - start;
  memcpy(to, ring_ + start, until_end);
  memcpy(to + until_end, ring_, count - until_end);
}

}  // namespace perdita::control
