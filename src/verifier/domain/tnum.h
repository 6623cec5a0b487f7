// SPDX-License-Identifier: Apache-2.0
//
// Known bits ("tristate numbers"): each of W bits is 0, 1 or unknown. A set of words: all that agree with the known
// bits. Every operation returns a set that holds each concrete result (sound); most are exact. Pure functions, constant
// time but for multiplication (W additions).
#pragma once

#include "verifier/domain/word.h"

namespace perdita::verifier::domain {

template <unsigned W>
struct Tnum {
  uint64_t value = 0;        // the known ones
  uint64_t mask = kMask<W>;  // the unknown bits; value & mask == 0

  static constexpr Tnum unknown() { return {}; }
  static constexpr Tnum constant(uint64_t bits) { return {bits & kMask<W>, 0}; }

  constexpr bool is_constant() const { return mask == 0; }
  constexpr bool contains(uint64_t bits) const { return (bits & ~mask & kMask<W>) == value; }
  constexpr uint64_t smallest() const { return value; }
  constexpr uint64_t largest() const { return value | mask; }
  constexpr bool operator==(const Tnum&) const = default;
};

// Every member of `inner` is one of `outer`: outer knows no bit that inner does not know alike.
template <unsigned W>
constexpr bool covers(const Tnum<W>& outer, const Tnum<W>& inner) {
  return (inner.mask & ~outer.mask) == 0 && ((inner.value ^ outer.value) & ~outer.mask) == 0;
}

// The smallest tnum that holds both: a bit stays known where both know it and agree.
template <unsigned W>
constexpr Tnum<W> join(const Tnum<W>& a, const Tnum<W>& b) {
  uint64_t unknown = a.mask | b.mask | (a.value ^ b.value);
  return {a.value & ~unknown, unknown};
}

// Members of both. False where a bit is known to be 0 in one and 1 in the other: there are none.
template <unsigned W>
constexpr bool meet(Tnum<W>& a, const Tnum<W>& b) {
  if (((a.value ^ b.value) & ~a.mask & ~b.mask) != 0) return false;
  uint64_t unknown = a.mask & b.mask;
  a = {(a.value | b.value) & ~unknown, unknown};
  return true;
}

// The tightest tnum that holds every word from `low` to `high` (low <= high): they share the bits above the highest one
// in which the two differ; every pattern of the bits below may occur.
template <unsigned W>
constexpr Tnum<W> tnum_of_range(uint64_t low, uint64_t high) {
  uint64_t differ = low ^ high;
  if (differ == 0) return Tnum<W>::constant(low);
  unsigned top = 63u - static_cast<unsigned>(__builtin_clzll(differ));
  uint64_t unknown = top == 63 ? ~uint64_t{0} : (uint64_t{1} << (top + 1)) - 1;
  return {low & ~unknown, unknown};
}

// `word` becomes the smallest member from it on. False where there is none.
template <unsigned W>
constexpr bool raise_to_member(const Tnum<W>& a, uint64_t& word) {
  const uint64_t differ = (word ^ a.value) & ~a.mask & kMask<W>;
  if (differ == 0) return true;
  // The highest bit that is not as it has to be. A 1 that is missing is put there, and all that is unknown below it is
  // 0; a 1 too many wants the next unknown bit above it that is 0 to become 1.
  uint64_t bit = uint64_t{1} << (63u - static_cast<unsigned>(__builtin_clzll(differ)));
  if ((a.value & bit) == 0) {
    const uint64_t above = a.mask & ~word & ~(bit | (bit - 1));
    if (above == 0) return false;
    bit = above & (~above + 1);
  }
  word = (word & a.mask & ~(bit | (bit - 1))) | (a.mask & bit) | a.value;
  return true;
}

// The largest member up to it: the same among the complements.
template <unsigned W>
constexpr bool lower_to_member(const Tnum<W>& a, uint64_t& word) {
  uint64_t complement = ~word & kMask<W>;
  if (!raise_to_member(Tnum<W>{~(a.value | a.mask) & kMask<W>, a.mask}, complement)) return false;
  word = ~complement & kMask<W>;
  return true;
}

// Carries grow with the operands: a carry that is the same for the smallest and the largest members is the same for
// all. A bit of the sum is known where both bits and the carry into it are.
template <unsigned W>
constexpr Tnum<W> add(const Tnum<W>& a, const Tnum<W>& b, uint64_t carry_in = 0) {
  uint64_t low = a.smallest() + b.smallest() + carry_in;
  uint64_t high = a.largest() + b.largest() + carry_in;
  uint64_t carries_low = low ^ a.smallest() ^ b.smallest();
  uint64_t carries_high = high ^ a.largest() ^ b.largest();
  uint64_t unknown = (a.mask | b.mask | (carries_low ^ carries_high)) & kMask<W>;
  return {low & ~unknown & kMask<W>, unknown};
}

// a - b = a + ~b + 1; the complement of a tnum is exact.
template <unsigned W>
constexpr Tnum<W> sub(const Tnum<W>& a, const Tnum<W>& b) {
  return add(a, Tnum<W>{~b.value & ~b.mask & kMask<W>, b.mask}, 1);
}

template <unsigned W>
constexpr Tnum<W> bit_and(const Tnum<W>& a, const Tnum<W>& b) {
  uint64_t ones = a.value & b.value;
  return {ones, (a.largest() & b.largest()) & ~ones};  // a bit may be 1 only where it may be in both
}

template <unsigned W>
constexpr Tnum<W> bit_or(const Tnum<W>& a, const Tnum<W>& b) {
  uint64_t ones = a.value | b.value;
  return {ones, (a.mask | b.mask) & ~ones};
}

template <unsigned W>
constexpr Tnum<W> bit_xor(const Tnum<W>& a, const Tnum<W>& b) {
  uint64_t unknown = a.mask | b.mask;
  return {(a.value ^ b.value) & ~unknown, unknown};
}

// Long multiplication: the sum over the bits of `a` of b << i where the bit is 1, of "0 or b << i" where it is unknown
// (every bit that b << i may have becomes unknown, which holds both), of 0 elsewhere.
template <unsigned W>
constexpr Tnum<W> mul(const Tnum<W>& a, const Tnum<W>& b) {
  if (a.is_constant() && b.is_constant()) return Tnum<W>::constant(a.value * b.value);
  Tnum<W> sum = Tnum<W>::constant(0);
  for (unsigned i = 0; i < W; i++) {
    if ((a.largest() >> i) == 0) break;
    if (((a.value >> i) & 1) != 0) {
      sum = add(sum, Tnum<W>{(b.value << i) & kMask<W>, (b.mask << i) & kMask<W>});
    } else if (((a.mask >> i) & 1) != 0) {
      sum = add(sum, Tnum<W>{0, (b.largest() << i) & kMask<W>});
    }
  }
  return sum;
}

// Shifts by a constant below W move known and unknown bits alike; what comes in is 0, or a copy of the sign bit.
template <unsigned W>
constexpr Tnum<W> shift_left(const Tnum<W>& a, unsigned count) {
  return {(a.value << count) & kMask<W>, (a.mask << count) & kMask<W>};
}

template <unsigned W>
constexpr Tnum<W> shift_right(const Tnum<W>& a, unsigned count) {
  return {a.value >> count, a.mask >> count};
}

template <unsigned W>
constexpr Tnum<W> shift_right_signed(const Tnum<W>& a, unsigned count) {
  return {to_bits<W>(to_signed<W>(a.value) >> count), to_bits<W>(to_signed<W>(a.mask) >> count)};
}

// The low N bits.
template <unsigned N, unsigned W>
constexpr Tnum<N> truncate(const Tnum<W>& a) {
  return {a.value & kMask<N>, a.mask & kMask<N>};
}

// To a larger width, with zeros above or with copies of the sign bit (an unknown sign bit makes them all unknown).
template <unsigned N, unsigned W>
constexpr Tnum<N> zero_extend(const Tnum<W>& a) {
  return {a.value, a.mask};
}

template <unsigned N, unsigned W>
constexpr Tnum<N> sign_extend(const Tnum<W>& a) {
  return {to_bits<N>(to_signed<W>(a.value)), to_bits<N>(to_signed<W>(a.mask))};
}

}  // namespace perdita::verifier::domain
