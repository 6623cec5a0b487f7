// SPDX-License-Identifier: Apache-2.0
//
// Widening of numbers: an end that moved outward goes on to the next threshold, so that chains are short. Sound: what
// comes out holds all of `joined`. Pure functions.
#pragma once

#include <span>

#include "verifier/domain/scalar.h"

namespace perdita::verifier::domain {

// The thresholds: `more` (ascending), and the largest and smallest words of so many bits.
constexpr unsigned kWidenBits[] = {4, 8, 12, 16, 24, 31, 32, 63};

template <unsigned W>
constexpr int64_t signed_threshold_above(int64_t value, std::span<const int64_t> more) {
  int64_t best = kSignedMax<W>;
  for (unsigned bits : kWidenBits) {
    int64_t most = static_cast<int64_t>((uint64_t{1} << bits) - 1);
    if (most >= value && most < best) best = most;
  }
  for (int64_t most : more) {
    if (most >= value && most < best) best = most;
  }
  return best;
}

template <unsigned W>
constexpr int64_t signed_threshold_below(int64_t value, std::span<const int64_t> more) {
  int64_t best = value >= 0 ? 0 : kSignedMin<W>;
  for (unsigned bits : kWidenBits) {
    int64_t least = -static_cast<int64_t>((uint64_t{1} << bits) - 1) - 1;
    if (least <= value && least > best) best = least;
  }
  for (int64_t least : more) {
    if (least <= value && least > best) best = least;
  }
  return best;
}

template <unsigned W>
constexpr uint64_t unsigned_threshold_above(uint64_t value, std::span<const int64_t> more) {
  if (value > static_cast<uint64_t>(kSignedMax<W>)) return kMask<W>;
  return static_cast<uint64_t>(signed_threshold_above<W>(static_cast<int64_t>(value), more));
}

template <unsigned W>
constexpr uint64_t unsigned_threshold_below(uint64_t value, std::span<const int64_t> more) {
  if (value > static_cast<uint64_t>(kSignedMax<W>)) return 0;
  return static_cast<uint64_t>(signed_threshold_below<W>(static_cast<int64_t>(value), more));
}

template <unsigned W>
constexpr Number<W> widen(const Number<W>& known, const Number<W>& joined, std::span<const int64_t> more) {
  Number<W> wider = joined;
  if (joined.u.min < known.u.min) wider.u.min = unsigned_threshold_below<W>(joined.u.min, more);
  if (joined.u.max > known.u.max) wider.u.max = unsigned_threshold_above<W>(joined.u.max, more);
  if (joined.s.min < known.s.min) wider.s.min = signed_threshold_below<W>(joined.s.min, more);
  if (joined.s.max > known.s.max) wider.s.max = signed_threshold_above<W>(joined.s.max, more);
  // Of the known bits those below the lowest one that got lost are kept: what a counter is a multiple of.
  if (uint64_t lost = joined.bits.mask & ~known.bits.mask; lost != 0) {
    uint64_t kept = (lost & (~lost + 1)) - 1;
    wider.bits = {joined.bits.value & kept, kMask<W> & ~kept};
    wider.bits.mask |= joined.bits.mask;
  }
  reduce(wider);
  return wider;
}

template <unsigned W, unsigned H>
constexpr Scalar<W, H> widen(const Scalar<W, H>& known, const Scalar<W, H>& joined, std::span<const int64_t> more) {
  Scalar<W, H> wider{widen(known.wide, joined.wide, more), widen(known.low, joined.low, more)};
  sync(wider);
  return wider;
}

}  // namespace perdita::verifier::domain
