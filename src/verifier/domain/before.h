// SPDX-License-Identifier: Apache-2.0
//
// Backwards: which words an operation that takes bits away, or adds some, may have made a number of. Sound: each word
// that it makes a member of, is held. Pure functions.
#pragma once

#include "verifier/domain/number.h"

namespace perdita::verifier::domain {

// x & mask is one of `masked`: below the mask x has the bits that are known there, and x is no less than what is left
// of it.
template <unsigned W>
constexpr Number<W> before_mask(const Number<W>& masked, uint64_t mask) {
  const Tnum<W> bits{masked.bits.value & mask, (masked.bits.mask | ~mask) & kMask<W>};
  return with_bits(number_of<W>({Int128{masked.u.min}, Int128{kMask<W>}}), bits);
}

// x >> count, zeros coming in, is one of `shifted`: the bits are where they were, those that fell out may be any.
template <unsigned W>
constexpr Number<W> before_shift(Number<W> shifted, unsigned count) {
  if (!meet(shifted, number_of<W>({Int128{0}, Int128{kMask<W> >> count}}))) return Number<W>::unknown();
  const uint64_t fell_out = (uint64_t{1} << count) - 1;
  const Tnum<W> bits{shifted.bits.value << count, shifted.bits.mask << count | fell_out};
  return with_bits(number_of<W>({Int128{shifted.u.min << count}, Int128{shifted.u.max << count | fell_out}}), bits);
}

// x | y is one of `ored`: neither has a bit that it has not, nor is larger.
template <unsigned W>
constexpr Number<W> before_or(const Number<W>& ored) {
  return with_bits(number_of<W>({Int128{0}, Int128{ored.u.max}}), Tnum<W>{0, ored.bits.largest()});
}
// And forwards, of one side alone: all of its bits are there, and no less than it is.
template <unsigned W>
constexpr Number<W> after_or(const Number<W>& side) {
  return with_bits(number_of<W>({Int128{side.u.min}, Int128{kMask<W>}}),
                   Tnum<W>{side.bits.value, kMask<W> & ~side.bits.value});
}

}  // namespace perdita::verifier::domain
