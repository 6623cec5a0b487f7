// SPDX-License-Identifier: Apache-2.0
//
// Ranges of a W-bit word, read as unsigned and as signed number; and the way from exact integers to them. Arithmetic is
// done on exact integers (Int128) that cannot wrap; wrapping is one step, in one place: `unsigned_image` and
// `signed_image`. Pure functions, constant time.
#pragma once

#include <algorithm>

#include "verifier/domain/word.h"

namespace perdita::verifier::domain {

template <unsigned W>
struct UnsignedRange {
  uint64_t min = 0;
  uint64_t max = kMask<W>;
  constexpr bool contains(uint64_t bits) const { return min <= bits && bits <= max; }
  constexpr bool operator==(const UnsignedRange&) const = default;
};

template <unsigned W>
struct SignedRange {
  int64_t min = kSignedMin<W>;
  int64_t max = kSignedMax<W>;
  constexpr bool contains(uint64_t bits) const { return min <= to_signed<W>(bits) && to_signed<W>(bits) <= max; }
  constexpr bool operator==(const SignedRange&) const = default;
};

// Integers low to high; low <= high.
struct Integers {
  Int128 low, high;
};

template <template <unsigned> typename Range, unsigned W>
constexpr Range<W> hull(const Range<W>& a, const Range<W>& b) {
  return {std::min(a.min, b.min), std::max(a.max, b.max)};
}

template <template <unsigned> typename Range, unsigned W>
constexpr bool covers(const Range<W>& outer, const Range<W>& inner) {
  return outer.min <= inner.min && inner.max <= outer.max;
}

// False where the two have no member in common.
template <template <unsigned> typename Range, unsigned W>
constexpr bool meet(Range<W>& a, const Range<W>& b) {
  a = {std::max(a.min, b.min), std::min(a.max, b.max)};
  return a.min <= a.max;
}

// What integers are once cut to W bits and read as unsigned. Where all lie between the same two multiples of 2^W, order
// is kept and the ends stay the ends; otherwise some wrap and some do not, and any word is possible.
template <unsigned W>
constexpr UnsignedRange<W> unsigned_image(const Integers& exact) {
  if ((exact.low >> W) != (exact.high >> W)) return {};
  return {static_cast<uint64_t>(exact.low) & kMask<W>, static_cast<uint64_t>(exact.high) & kMask<W>};
}

// The same, read as signed: the windows begin at odd multiples of 2^(W-1). Halves of windows are counted first, because
// adding half a window could overflow.
template <unsigned W>
constexpr SignedRange<W> signed_image(const Integers& exact) {
  Int128 first = ((exact.low >> (W - 1)) + 1) >> 1, last = ((exact.high >> (W - 1)) + 1) >> 1;
  if (first != last) return {};
  return {to_signed<W>(static_cast<uint64_t>(exact.low)), to_signed<W>(static_cast<uint64_t>(exact.high))};
}

}  // namespace perdita::verifier::domain
