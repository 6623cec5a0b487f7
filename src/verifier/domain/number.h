// SPDX-License-Identifier: Apache-2.0
//
// What is known about a W-bit word: known bits, unsigned range and signed range, each made sharper by the others (the
// reduced product). A Number is never empty, except inside functions that return false to say so. Every operation is
// sound: it holds the result for each choice of members. Division by zero gives 0, modulo by zero the dividend, shift
// counts are masked, the most negative number divided by -1 is itself (RFC 9669, section 4.1). Pure functions; constant
// time but for multiplication and shifts by unknown counts (W steps).
#pragma once

#include <bit>

#include "verifier/domain/range.h"
#include "verifier/domain/tnum.h"

namespace perdita::verifier::domain {

template <unsigned W>
struct Number {
  Tnum<W> bits;
  UnsignedRange<W> u;
  SignedRange<W> s;

  static constexpr Number unknown() { return {}; }
  static constexpr Number constant(uint64_t word) {
    uint64_t cut = word & kMask<W>;
    return {Tnum<W>::constant(cut), {cut, cut}, {to_signed<W>(cut), to_signed<W>(cut)}};
  }
  constexpr bool is_constant() const { return u.min == u.max; }
  constexpr bool is_unknown() const { return *this == Number{}; }
  constexpr bool contains(uint64_t word) const { return bits.contains(word) && u.contains(word) && s.contains(word); }
  constexpr bool operator==(const Number&) const = default;
};

// ---- how the parts sharpen each other ----

// A range in one reading, in the other one. Where the range does not cross the other reading's seam both ends carry
// over. Where it does, it is two pieces at the two ends of the other reading; if the other range already misses one
// piece, the other piece remains.
template <unsigned W>
constexpr void unsigned_to_signed(Number<W>& n) {
  int64_t first = to_signed<W>(n.u.min), last = to_signed<W>(n.u.max);
  if (first <= last) {  // both on one side of 2^(W-1)
    n.s = {std::max(n.s.min, first), std::min(n.s.max, last)};
  } else if (n.s.min > last) {  // members are first..max or min..last; the second piece is out of reach
    n.s.min = std::max(n.s.min, first);
  } else if (n.s.max < first) {
    n.s.max = std::min(n.s.max, last);
  }
}

template <unsigned W>
constexpr void signed_to_unsigned(Number<W>& n) {
  uint64_t first = to_bits<W>(n.s.min), last = to_bits<W>(n.s.max);
  if (first <= last) {
    n.u = {std::max(n.u.min, first), std::min(n.u.max, last)};
  } else if (n.u.min > last) {
    n.u.min = std::max(n.u.min, first);
  } else if (n.u.max < first) {
    n.u.max = std::min(n.u.max, last);
  }
}

// Lets each part learn from the others, removing no member. False where no member is left. Most of what it is asked is
// reduced already, so each step looks first whether there is anything to do.
template <unsigned W>
constexpr bool reduce(Number<W>& n) {
  if (n.u.min == n.u.max) {  // one word, or none: the common case, and the cheap one
    if (!n.contains(n.u.min)) return false;
    n = Number<W>::constant(n.u.min);
    return true;
  }
  for (int round = 0; round < 3; round++) {
    if (n.u.min > n.u.max || n.s.min > n.s.max) return false;
    bool changed = false;
    // Ends that the bits do not allow move inward, in both readings (order is kept where the sign bit is turned over).
    if (!n.bits.contains(n.u.min) || !n.bits.contains(n.u.max)) {
      if (!raise_to_member(n.bits, n.u.min) || !lower_to_member(n.bits, n.u.max)) return false;
      changed = true;
    }
    if (!n.bits.contains(to_bits<W>(n.s.min)) || !n.bits.contains(to_bits<W>(n.s.max))) {
      const uint64_t sign = kSignBit<W>;
      const Tnum<W> turned{n.bits.value ^ (sign & ~n.bits.mask), n.bits.mask};
      uint64_t least = to_bits<W>(n.s.min) ^ sign, most = to_bits<W>(n.s.max) ^ sign;
      if (!raise_to_member(turned, least) || !lower_to_member(turned, most)) return false;
      n.s = {to_signed<W>(least ^ sign), to_signed<W>(most ^ sign)};
      changed = true;
    }
    if (n.u.min > n.u.max || n.s.min > n.s.max) return false;
    const UnsignedRange<W> u = n.u;
    const SignedRange<W> s = n.s;
    unsigned_to_signed(n);
    signed_to_unsigned(n);
    if (n.u != u || n.s != s) {
      if (n.u.min > n.u.max || n.s.min > n.s.max) return false;
      changed = true;
    }
    const Tnum<W> common = tnum_of_range<W>(n.u.min, n.u.max);
    if (!covers(common, n.bits)) {
      if (!meet(n.bits, common)) return false;
      changed = true;
    }
    if (!changed) break;
  }
  return true;
}

// ---- lattice ----

template <unsigned W>
constexpr bool covers(const Number<W>& outer, const Number<W>& inner) {
  return covers(outer.bits, inner.bits) && covers(outer.u, inner.u) && covers(outer.s, inner.s);
}

template <unsigned W>
constexpr Number<W> join(const Number<W>& a, const Number<W>& b) {
  return {join(a.bits, b.bits), hull(a.u, b.u), hull(a.s, b.s)};
}

// What lies in both, part by part: the parts have yet to learn from each other.
template <unsigned W>
constexpr bool lay_over(Number<W>& a, const Number<W>& b) {
  return meet(a.bits, b.bits) && meet(a.u, b.u) && meet(a.s, b.s);
}

template <unsigned W>
constexpr bool meet(Number<W>& a, const Number<W>& b) {
  return covers(b, a) || (lay_over(a, b) && reduce(a));
}

// ---- making numbers ----

// Words that are one of `exact` modulo 2^W. Sound by range.h. As its ranges say, not reduced:
template <unsigned W>
constexpr Number<W> image_of(const Integers& exact) {
  return {{}, unsigned_image<W>(exact), signed_image<W>(exact)};
}
template <unsigned W>
constexpr Number<W> number_of(const Integers& exact) {
  Number<W> n = image_of<W>(exact);
  reduce(n);
  return n;
}

// The integers that a word stands for, read as unsigned or signed.
template <unsigned W>
constexpr Integers unsigned_integers(const Number<W>& n) {
  return {static_cast<Int128>(n.u.min), static_cast<Int128>(n.u.max)};
}
template <unsigned W>
constexpr Integers signed_integers(const Number<W>& n) {
  return {static_cast<Int128>(n.s.min), static_cast<Int128>(n.s.max)};
}

// All are supersets of the same set of results, so what lies in each of them is one as well: reduced once, not each for
// itself. The results of an operation on non-empty numbers are never none, so this cannot fail.
template <unsigned W>
constexpr Number<W> with_bits(Number<W> n, const Tnum<W>& bits) {
  meet(n.bits, bits);
  reduce(n);
  return n;
}
template <unsigned W>
constexpr Number<W> all_of(Number<W> a, const Number<W>& b, const Tnum<W>& bits) {
  lay_over(a, b);
  return with_bits(a, bits);
}

// The low N bits: of unsigned and of signed members alike, the remainder modulo 2^N.
template <unsigned N, unsigned W>
constexpr Number<N> truncate(const Number<W>& n) {
  static_assert(N <= W);
  const Tnum<N> bits = truncate<N>(n.bits);
  // As it is where it fits both readings.
  if (n.u.max <= (kMask<N> >> 1)) {
    return {bits, {n.u.min, n.u.max}, {static_cast<int64_t>(n.u.min), static_cast<int64_t>(n.u.max)}};
  }
  return all_of(image_of<N>(unsigned_integers(n)), image_of<N>(signed_integers(n)), bits);
}

// The same unsigned integer in a wider word; the same signed one.
template <unsigned N, unsigned W>
constexpr Number<N> zero_extend(const Number<W>& n) {
  return with_bits(image_of<N>(unsigned_integers(n)), zero_extend<N>(n.bits));
}
template <unsigned N, unsigned W>
constexpr Number<N> sign_extend(const Number<W>& n) {
  return with_bits(image_of<N>(signed_integers(n)), sign_extend<N>(n.bits));
}

// ---- arithmetic ----

// Sums of integers in either reading, cut to W bits, are the sum of the words: extreme sums come from extreme members.
template <unsigned W>
constexpr Number<W> add(const Number<W>& a, const Number<W>& b) {
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min + b.u.min);
  Integers u{Int128{a.u.min} + b.u.min, Int128{a.u.max} + b.u.max};
  Integers s{Int128{a.s.min} + b.s.min, Int128{a.s.max} + b.s.max};
  return all_of(image_of<W>(u), image_of<W>(s), add(a.bits, b.bits));
}

// The smallest difference takes the subtrahend's largest member.
template <unsigned W>
constexpr Number<W> sub(const Number<W>& a, const Number<W>& b) {
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min - b.u.min);
  Integers u{Int128{a.u.min} - b.u.max, Int128{a.u.max} - b.u.min};
  Integers s{Int128{a.s.min} - b.s.max, Int128{a.s.max} - b.s.min};
  return all_of(image_of<W>(u), image_of<W>(s), sub(a.bits, b.bits));
}

template <unsigned W>
constexpr Number<W> neg(const Number<W>& a) {
  return sub(Number<W>::constant(0), a);
}

// Unsigned products are monotone in both factors; a product of intervals that may be negative takes its extremes at
// corners. Unsigned products past 2^126 would not fit Int128 and say nothing about W bits anyway.
template <unsigned W>
constexpr Number<W> mul(const Number<W>& a, const Number<W>& b) {
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min * b.u.min);
  Number<W> product = Number<W>::unknown();
  if ((a.u.max >> 63) == 0 && (b.u.max >> 63) == 0) {
    product = image_of<W>({Int128{a.u.min} * b.u.min, Int128{a.u.max} * b.u.max});
  }
  Int128 corners[] = {Int128{a.s.min} * b.s.min, Int128{a.s.min} * b.s.max, Int128{a.s.max} * b.s.min,
                      Int128{a.s.max} * b.s.max};
  Integers s{corners[0], corners[0]};
  for (Int128 corner : corners) s = {std::min(s.low, corner), std::max(s.high, corner)};
  return all_of(product, image_of<W>(s), mul(a.bits, b.bits));
}

// The quotient grows with the dividend and falls with the divisor; a divisor that may be 0 adds the quotient 0.
template <unsigned W>
constexpr Number<W> udiv(const Number<W>& a, const Number<W>& b) {
  if (b.u.max == 0) return Number<W>::constant(0);
  uint64_t least = b.u.min == 0 ? 0 : a.u.min / b.u.max;
  return number_of<W>({Int128{least}, Int128{a.u.max / std::max<uint64_t>(1, b.u.min)}});
}

// Below the divisor and not above the dividend; the dividend itself where it is below every divisor, or the divisor 0.
template <unsigned W>
constexpr Number<W> umod(const Number<W>& a, const Number<W>& b) {
  if (b.u.max == 0 || a.u.max < b.u.min) return a;
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min % b.u.min);
  if (b.is_constant() && std::has_single_bit(b.u.min)) {
    uint64_t low_bits = b.u.min - 1;  // a modulo a power of two keeps the bits below it
    Number<W> rest = image_of<W>({0, Int128{std::min(a.u.max, low_bits)}});
    return with_bits(rest, bit_and(a.bits, Tnum<W>::constant(low_bits)));
  }
  Number<W> rest = number_of<W>({0, Int128{std::min(a.u.max, b.u.max - 1)}});
  return b.u.min == 0 ? join(rest, a) : rest;
}

constexpr Int128 magnitude(const Int128& value) { return value < 0 ? -value : value; }

// By a constant: monotone (falling where it is negative). Otherwise no quotient is larger in magnitude than its
// dividend, and two non-negative numbers have a non-negative one; division by 0 gives 0, which lies inside. The one
// quotient that does not fit, most negative / -1, wraps by number_of.
template <unsigned W>
constexpr Number<W> sdiv(const Number<W>& a, const Number<W>& b) {
  if (b.u.max == 0) return Number<W>::constant(0);
  Int128 low{a.s.min}, high{a.s.max};
  if (b.is_constant() && b.u.min != 0) {
    Int128 divisor{b.s.min};
    Int128 x = low / divisor, y = high / divisor;
    return number_of<W>({std::min(x, y), std::max(x, y)});
  }
  Int128 most = std::max(magnitude(low), magnitude(high));
  if (a.s.min >= 0 && b.s.min >= 0) return number_of<W>({0, most});
  return number_of<W>({-most, most});
}

// The remainder has the dividend's sign, is not larger in magnitude than the dividend, and smaller than the divisor;
// modulo 0 gives the dividend.
template <unsigned W>
constexpr Number<W> smod(const Number<W>& a, const Number<W>& b) {
  if (b.u.max == 0) return a;
  if (a.is_constant() && b.is_constant()) {
    Int128 remainder = Int128{a.s.min} % Int128{b.s.min};
    return number_of<W>({remainder, remainder});
  }
  Int128 below = std::max(magnitude(Int128{b.s.min}), magnitude(Int128{b.s.max})) - 1;
  Int128 low = a.s.min >= 0 ? Int128{0} : -std::min(-Int128{a.s.min}, below);
  Int128 high = a.s.max <= 0 ? Int128{0} : std::min(Int128{a.s.max}, below);
  Number<W> rest = number_of<W>({low, high});
  return b.contains(0) ? join(rest, a) : rest;
}

// ---- bits ----

// a & b is a subset of the bits of each, so not above either.
template <unsigned W>
constexpr Number<W> bit_and(const Number<W>& a, const Number<W>& b) {
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min & b.u.min);
  return with_bits(image_of<W>({0, Int128{std::min(a.u.max, b.u.max)}}), bit_and(a.bits, b.bits));
}

// a | b has all the bits of each, so is not below either.
template <unsigned W>
constexpr Number<W> bit_or(const Number<W>& a, const Number<W>& b) {
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min | b.u.min);
  return with_bits(image_of<W>({Int128{std::max(a.u.min, b.u.min)}, Int128{kMask<W>}}), bit_or(a.bits, b.bits));
}

template <unsigned W>
constexpr Number<W> bit_xor(const Number<W>& a, const Number<W>& b) {
  if (a.is_constant() && b.is_constant()) return Number<W>::constant(a.u.min ^ b.u.min);
  return with_bits(Number<W>::unknown(), bit_xor(a.bits, b.bits));
}

// ---- shifts ----

enum class Shift : uint8_t { left, right, right_signed };

// By a constant below W: multiplication or floor division by a power of two, monotone in the reading that the shift is
// defined in.
template <unsigned W>
constexpr Number<W> shift_by(Shift kind, const Number<W>& a, unsigned count) {
  Integers u = unsigned_integers(a), s = signed_integers(a);
  switch (kind) {
    case Shift::left: {
      Int128 factor = Int128{1} << count;
      return all_of(image_of<W>({u.low * factor, u.high * factor}), image_of<W>({s.low * factor, s.high * factor}),
                    shift_left(a.bits, count));
    }
    case Shift::right:
      return with_bits(image_of<W>({u.low >> count, u.high >> count}), shift_right(a.bits, count));
    case Shift::right_signed:
      break;
  }
  return with_bits(image_of<W>({s.low >> count, s.high >> count}), shift_right_signed(a.bits, count));
}

// By a number: the join over every count that its masked value may be.
template <unsigned W>
constexpr Number<W> shift(Shift kind, const Number<W>& a, const Number<W>& count) {
  static_assert(std::has_single_bit(W), "counts are masked to log2(W) bits");
  if (count.is_constant()) return shift_by(kind, a, static_cast<unsigned>(count.u.min & (W - 1)));
  Tnum<W> masked = bit_and(count.bits, Tnum<W>::constant(W - 1));
  bool in_range = count.u.max < W;  // masking changes nothing: the range holds for the count itself
  Number<W> result;
  bool first = true;
  for (unsigned k = 0; k < W; k++) {
    if (!masked.contains(k) || (in_range && !count.u.contains(k))) continue;
    Number<W> shifted = shift_by(kind, a, k);
    result = first ? shifted : join(result, shifted);
    first = false;
  }
  return result;
}

// The low `bytes` bytes in opposite order, zeros above: bytes move with what is known of their bits.
template <unsigned W>
constexpr Number<W> swap_bytes(const Number<W>& a, unsigned bytes) {
  Tnum<W> swapped = Tnum<W>::constant(0);
  for (unsigned i = 0; i < bytes; i++) {
    unsigned from = 8 * i, to = 8 * (bytes - 1 - i);
    swapped.value |= ((a.bits.value >> from) & 0xff) << to;
    swapped.mask |= ((a.bits.mask >> from) & 0xff) << to;
  }
  return with_bits(Number<W>::unknown(), swapped);
}

}  // namespace perdita::verifier::domain
