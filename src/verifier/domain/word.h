// SPDX-License-Identifier: Apache-2.0
//
// Machine words of W bits (1 to 64) kept in 64-bit integers, so that every domain can be tested exhaustively at a small
// width and used at 64 and 32. Bits above W are always zero. Pure functions.
#pragma once

#include <cstdint>

namespace perdita::verifier::domain {

// Exact results of word arithmetic before they wrap: wide enough for any sum, product or shift of two 64-bit words
// that the domains form.
__extension__ using Int128 = __int128;

template <unsigned W>
constexpr uint64_t kMask = W == 64 ? ~uint64_t{0} : (uint64_t{1} << W) - 1;

template <unsigned W>
constexpr uint64_t kSignBit = uint64_t{1} << (W - 1);

template <unsigned W>
constexpr int64_t to_signed(uint64_t bits) {
  return static_cast<int64_t>(bits << (64 - W)) >> (64 - W);
}

template <unsigned W>
constexpr uint64_t to_bits(int64_t value) {
  return static_cast<uint64_t>(value) & kMask<W>;
}

template <unsigned W>
constexpr int64_t kSignedMax = static_cast<int64_t>(kMask<W> >> 1);

template <unsigned W>
constexpr int64_t kSignedMin = -kSignedMax<W> - 1;

}  // namespace perdita::verifier::domain
