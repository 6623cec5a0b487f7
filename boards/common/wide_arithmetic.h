// SPDX-License-Identifier: Apache-2.0
//
// Division and wide multiplication for cores that have none, and whose compiler's library leaves them out (Xtensa
// lx106: there they stand in the chip's ROM). Made of additions, shifts and products of 16 bits. Division shifts and
// subtracts, a step for each bit that the quotient can have; by zero it gives 0 and leaves the dividend as the
// remainder. A test on the host compares with the host's own (tests/board/wide_arithmetic_test.cc). Any context.
#pragma once

#include <stdint.h>

namespace board {

template <typename T>
struct Divided {
  T quotient, remainder;
};

constexpr int leading_zeros(uint32_t value) { return value == 0 ? 32 : __builtin_clz(value); }
constexpr int leading_zeros(uint64_t value) {
  const auto high = static_cast<uint32_t>(value >> 32);
  return high != 0 ? leading_zeros(high) : 32 + leading_zeros(static_cast<uint32_t>(value));
}

template <typename T>
constexpr Divided<T> shift_and_subtract(T dividend, T divisor) {
  T quotient = 0;
  if (divisor == 0 || dividend < divisor) return {quotient, dividend};
  int steps = leading_zeros(divisor) - leading_zeros(dividend);
  for (divisor <<= steps; steps >= 0; steps--, divisor >>= 1) {
    quotient <<= 1;
    if (dividend < divisor) continue;
    dividend -= divisor;
    quotient |= 1;
  }
  return {quotient, dividend};
}

constexpr Divided<uint32_t> divide(uint32_t dividend, uint32_t divisor) {
  return shift_and_subtract(dividend, divisor);
}

constexpr Divided<uint64_t> divide(uint64_t dividend, uint64_t divisor) {
  if (dividend >> 32 != 0) return shift_and_subtract(dividend, divisor);
  if (divisor >> 32 != 0) return {0, dividend};
  const Divided<uint32_t> words = divide(static_cast<uint32_t>(dividend), static_cast<uint32_t>(divisor));
  return {words.quotient, words.remainder};
}

constexpr uint64_t multiply_words(uint32_t a, uint32_t b) {
  const uint32_t a_low = a & 0xffff;
  const uint32_t a_high = a >> 16;
  const uint32_t b_low = b & 0xffff;
  const uint32_t b_high = b >> 16;
  const uint32_t low = a_low * b_low;
  const uint32_t middle = a_high * b_low + (low >> 16);  // below 2^32: (2^16 - 1)^2 + 2^16 - 1
  const uint32_t other = a_low * b_high + (middle & 0xffff);
  const uint32_t high = a_high * b_high + (middle >> 16) + (other >> 16);
  return static_cast<uint64_t>(high) << 32 | ((other << 16) | (low & 0xffff));
}

constexpr uint64_t multiply(uint64_t a, uint64_t b) {
  const auto a_low = static_cast<uint32_t>(a);
  const auto b_low = static_cast<uint32_t>(b);
  const uint32_t across = static_cast<uint32_t>(a >> 32) * b_low + a_low * static_cast<uint32_t>(b >> 32);
  return multiply_words(a_low, b_low) + (static_cast<uint64_t>(across) << 32);
}

// Of two's complements: the quotient is cut towards zero, the remainder has the dividend's sign. The least number by -1
// is itself, remainder 0.
template <typename Unsigned>
constexpr Divided<Unsigned> divide_signed(Unsigned dividend, Unsigned divisor) {
  constexpr int kSign = sizeof(Unsigned) * 8 - 1;
  const bool negative = dividend >> kSign != 0;
  const bool by_negative = divisor >> kSign != 0;
  const Divided<Unsigned> sizes = divide(negative ? 0 - dividend : dividend, by_negative ? 0 - divisor : divisor);
  return {negative != by_negative ? 0 - sizes.quotient : sizes.quotient,
          negative ? 0 - sizes.remainder : sizes.remainder};
}

}  // namespace board
