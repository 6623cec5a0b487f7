// SPDX-License-Identifier: Apache-2.0
#include "verifier/alignment.h"

#include <algorithm>

#include "isa/context.h"

namespace perdita::verifier {
namespace {

uint64_t lowest_bit(uint64_t word) { return word & (0 - word); }

uint64_t alignment_of_object(const perdita_hook& hook, RegKind kind) {
  switch (kind) {
    case RegKind::stack:
    case RegKind::map_value:
    case RegKind::reservation:
      return 8;
    case RegKind::map_key:
      return 4;  // an array's is a number in the engine's hands
    case RegKind::context:
      return isa::context_alignment(hook.context_size);
    case RegKind::packet:
      return hook.data_alignment;
    default:
      return 1;
  }
}

}  // namespace

// Sound: a sum is a multiple of each power of two that all its parts are multiples of; a set of words whose known low
// bits are zero holds such multiples only.
uint64_t alignment_of(const perdita_hook& hook, const RegValue& pointer, int64_t displacement) {
  uint64_t fixed = static_cast<uint64_t>(pointer.fixed) + static_cast<uint64_t>(displacement);
  uint64_t low_bits = alignment_of_object(hook, pointer.kind) | 8;
  low_bits |= pointer.value.wide.bits.largest();
  // Both constants together: each alone may be less aligned than their sum.
  if (pointer.value.is_constant())
    return lowest_bit((fixed + pointer.value.wide.u.min) | alignment_of_object(hook, pointer.kind) | 8);
  return lowest_bit(low_bits | fixed);
}

}  // namespace perdita::verifier
