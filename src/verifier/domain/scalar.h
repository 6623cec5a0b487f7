// SPDX-License-Identifier: Apache-2.0
//
// What is known about a number in a register: as a word of W bits and, beside it, about its low H bits. 32-bit
// instructions and comparisons speak only about the low half; keeping both views apart and letting each sharpen the
// other (`sync`) is what keeps the two from being mixed up. W and H are 64 and 32 in the verifier, small in tests.
// Pure functions.
#pragma once

#include "verifier/domain/compare.h"
#include "verifier/domain/number.h"

namespace perdita::verifier::domain {

template <unsigned W, unsigned H>
struct Scalar {
  Number<W> wide;
  Number<H> low;

  static constexpr Scalar unknown() { return {}; }
  static constexpr Scalar constant(uint64_t word) { return {Number<W>::constant(word), Number<H>::constant(word)}; }
  constexpr bool is_constant() const { return wide.is_constant(); }
  constexpr bool contains(uint64_t word) const { return wide.contains(word) && low.contains(word & kMask<H>); }
  constexpr bool operator==(const Scalar&) const = default;
};

// Of the integers whose low H bits, counted from `first` around the circle of 2^H, come to at most `length`: the
// smallest one from `x` on, and the largest one up to `x`.
template <unsigned H>
constexpr Int128 next_member(Int128 x, uint64_t first, uint64_t length) {
  uint64_t distance = (static_cast<uint64_t>(x) - first) & kMask<H>;
  return distance <= length ? x : x + (Int128{kMask<H>} + 1 - distance);
}
template <unsigned H>
constexpr Int128 previous_member(Int128 x, uint64_t first, uint64_t length) {
  uint64_t distance = (static_cast<uint64_t>(x) - first) & kMask<H>;
  return distance <= length ? x : x - (Int128{distance} - length);
}

// Moves the ends of the wide ranges inward to the first word whose low half lies in `first` to `first + length`.
template <unsigned W, unsigned H>
constexpr bool tighten(Number<W>& wide, uint64_t first, uint64_t length) {
  const auto lies_there = [=](uint64_t word) { return ((word - first) & kMask<H>) <= length; };
  if (lies_there(wide.u.min) && lies_there(wide.u.max) && lies_there(static_cast<uint64_t>(wide.s.min)) &&
      lies_there(static_cast<uint64_t>(wide.s.max)))
    return true;
  Int128 umin = next_member<H>(Int128{wide.u.min}, first, length);
  Int128 umax = previous_member<H>(Int128{wide.u.max}, first, length);
  Int128 smin = next_member<H>(Int128{wide.s.min}, first, length);
  Int128 smax = previous_member<H>(Int128{wide.s.max}, first, length);
  if (umin > umax || smin > smax) return false;
  wide.u = {static_cast<uint64_t>(umin), static_cast<uint64_t>(umax)};
  wide.s = {static_cast<int64_t>(smin), static_cast<int64_t>(smax)};
  return true;
}

// Whether the ranges of `wide`, taken by themselves, say nothing about its low half that `low` does not say.
template <unsigned W, unsigned H>
constexpr bool ranges_cover(const Number<W>& wide, const Number<H>& low) {
  auto cover = [&low](const Integers& exact) {
    const UnsignedRange<H> u = unsigned_image<H>(exact);
    const SignedRange<H> s = signed_image<H>(exact);
    return u.min <= low.u.min && low.u.max <= u.max && s.min <= low.s.min && low.s.max <= s.max;
  };
  return cover(unsigned_integers(wide)) && cover(signed_integers(wide));
}

// Lets the two views sharpen each other, removing no member; both are reduced. False where none is left.
template <unsigned W, unsigned H>
constexpr bool sync(Scalar<W, H>& a) {
  if (a.wide.is_constant()) {
    uint64_t word = a.wide.u.min;
    if (!a.contains(word)) return false;
    a = Scalar<W, H>::constant(word);
    return true;
  }
  if (!covers(truncate<H>(a.wide.bits), a.low.bits) || !ranges_cover(a.wide, a.low)) {
    if (!meet(a.low, truncate<H>(a.wide))) return false;
  }
  const Number<W> before = a.wide;
  Tnum<W> low_bits{a.low.bits.value, a.low.bits.mask | (kMask<W> & ~kMask<H>)};
  if (!meet(a.wide.bits, low_bits)) return false;
  if (!tighten<W, H>(a.wide, a.low.u.min, a.low.u.max - a.low.u.min)) return false;
  uint64_t signed_length = static_cast<uint64_t>(a.low.s.max) - static_cast<uint64_t>(a.low.s.min);
  if (!tighten<W, H>(a.wide, to_bits<H>(a.low.s.min), signed_length)) return false;
  if (a.wide == before) return true;  // the low half has learnt from it already
  return reduce(a.wide) && meet(a.low, truncate<H>(a.wide));
}

template <unsigned W, unsigned H>
constexpr bool covers(const Scalar<W, H>& outer, const Scalar<W, H>& inner) {
  return covers(outer.wide, inner.wide) && covers(outer.low, inner.low);
}

template <unsigned W, unsigned H>
constexpr Scalar<W, H> join(const Scalar<W, H>& a, const Scalar<W, H>& b) {
  return {join(a.wide, b.wide), join(a.low, b.low)};
}

template <unsigned W, unsigned H>
constexpr bool meet(Scalar<W, H>& a, const Scalar<W, H>& b) {
  return meet(a.wide, b.wide) && meet(a.low, b.low) && sync(a);
}

// From what is known of the whole word, and of the low half zero-extended: the upper half is zero after every 32-bit
// instruction (RFC 9669, section 4.1).
template <unsigned W, unsigned H>
constexpr Scalar<W, H> scalar_of(const Number<W>& wide) {
  Scalar<W, H> a{wide, truncate<H>(wide)};
  sync(a);
  return a;
}
template <unsigned W, unsigned H>
constexpr Scalar<W, H> scalar_of_low(const Number<H>& low) {
  return {zero_extend<W>(low), low};
}

enum class Operation : uint8_t { add, sub, mul, udiv, umod, sdiv, smod, bit_and, bit_or, bit_xor, lsh, rsh, arsh };

template <unsigned W>
constexpr Number<W> apply(Operation operation, const Number<W>& a, const Number<W>& b) {
  switch (operation) {
    case Operation::add:
      return add(a, b);
    case Operation::sub:
      return sub(a, b);
    case Operation::mul:
      return mul(a, b);
    case Operation::udiv:
      return udiv(a, b);
    case Operation::umod:
      return umod(a, b);
    case Operation::sdiv:
      return sdiv(a, b);
    case Operation::smod:
      return smod(a, b);
    case Operation::bit_and:
      return bit_and(a, b);
    case Operation::bit_or:
      return bit_or(a, b);
    case Operation::bit_xor:
      return bit_xor(a, b);
    case Operation::lsh:
      return shift(Shift::left, a, b);
    case Operation::rsh:
      return shift(Shift::right, a, b);
    case Operation::arsh:
      break;
  }
  return shift(Shift::right_signed, a, b);
}

// The low half of the result depends on the low halves of the operands alone (carries go upwards only). For shifts to
// the left this holds too, but their counts are masked differently in the two widths.
constexpr bool works_on_low_halves(Operation operation) {
  switch (operation) {
    case Operation::add:
    case Operation::sub:
    case Operation::mul:
    case Operation::bit_and:
    case Operation::bit_or:
    case Operation::bit_xor:
      return true;
    default:
      return false;
  }
}

// A W-bit instruction.
template <unsigned W, unsigned H>
constexpr Scalar<W, H> apply_wide(Operation operation, const Scalar<W, H>& a, const Scalar<W, H>& b) {
  Scalar<W, H> result{apply(operation, a.wide, b.wide), Number<H>::unknown()};
  if (result.is_constant()) return Scalar<W, H>::constant(result.wide.u.min);
  if (works_on_low_halves(operation)) result.low = apply(operation, a.low, b.low);
  sync(result);
  return result;
}

// An H-bit instruction: works on the low halves, zeroes the upper one.
template <unsigned W, unsigned H>
constexpr Scalar<W, H> apply_low(Operation operation, const Scalar<W, H>& a, const Scalar<W, H>& b) {
  return scalar_of_low<W, H>(apply(operation, a.low, b.low));
}

// Comparisons of whole words, and of low halves: the latter tell nothing about the upper halves.
template <unsigned W, unsigned H>
constexpr bool assume_wide(Relation relation, Scalar<W, H>& a, Scalar<W, H>& b) {
  if (!assume(relation, a.wide, b.wide)) return false;
  if (relation == Relation::equal && !assume(relation, a.low, b.low)) return false;
  return sync(a) && sync(b);
}
template <unsigned W, unsigned H>
constexpr bool assume_low(Relation relation, Scalar<W, H>& a, Scalar<W, H>& b) {
  return assume(relation, a.low, b.low) && sync(a) && sync(b);
}

// `bits` low bits of the word, kept, with zeros or copies of their top bit above (moves and loads that extend).
template <unsigned W, unsigned H>
constexpr Scalar<W, H> zero_extended(const Scalar<W, H>& a, unsigned bits) {
  if (bits >= W) return a;
  if (bits == H) return scalar_of_low<W, H>(a.low);
  if ((a.wide.u.max >> bits) == 0) return a;  // nothing to cut
  return apply_wide(Operation::bit_and, a, Scalar<W, H>::constant((uint64_t{1} << bits) - 1));
}

// (x << n) >> n with n = width - bits, which is what sign extension is; exact in Number's shifts where the value fits.
template <unsigned W, unsigned H>
constexpr Scalar<W, H> sign_extended(const Scalar<W, H>& a, unsigned bits) {
  if (bits >= W) return a;
  if (bits == H) return scalar_of<W, H>(sign_extend<W>(a.low));
  Number<W> up = shift_by(Shift::left, a.wide, W - bits);
  return scalar_of<W, H>(shift_by(Shift::right_signed, up, W - bits));
}

// A word from `low` to `high`, read as unsigned or as signed.
template <unsigned W, unsigned H>
constexpr Scalar<W, H> unsigned_scalar(uint64_t low, uint64_t high) {
  return scalar_of<W, H>(number_of<W>({Int128{low}, Int128{high}}));
}
template <unsigned W, unsigned H>
constexpr Scalar<W, H> signed_scalar(int64_t low, int64_t high) {
  return scalar_of<W, H>(number_of<W>({Int128{low}, Int128{high}}));
}

using Scalar64 = Scalar<64, 32>;

}  // namespace perdita::verifier::domain
