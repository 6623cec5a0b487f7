// SPDX-License-Identifier: Apache-2.0
//
// Division and multiplication of boards that have none (boards/common/wide_arithmetic.h), against this machine's own:
// all pairs of numbers around powers of two, and random ones of every length.
#include "wide_arithmetic.h"

#include <gtest/gtest.h>

#include <random>

namespace board {
namespace {

template <typename T>
std::vector<T> numbers() {
  std::vector<T> out = {0};
  for (unsigned bit = 0; bit < sizeof(T) * 8; bit++) {
    for (const int more : {-2, -1, 0, 1, 3}) out.push_back(static_cast<T>((T{1} << bit) + static_cast<T>(more)));
  }
  std::mt19937_64 random(20261127);
  for (int i = 0; i < 400; i++) out.push_back(static_cast<T>(static_cast<T>(random()) >> random() % (sizeof(T) * 8)));
  return out;
}

template <typename T>
void compare_all() {
  using Signed = std::make_signed_t<T>;
  constexpr auto kLeast = std::numeric_limits<Signed>::min();
  const std::vector<T> all = numbers<T>();
  for (const T a : all) {
    for (const T b : all) {
      const Divided<T> plain = divide(a, b);
      ASSERT_EQ(plain.quotient, b == 0 ? 0 : a / b) << a << " " << b;
      ASSERT_EQ(plain.remainder, b == 0 ? a : a % b) << a << " " << b;
      const auto x = static_cast<Signed>(a);
      const auto y = static_cast<Signed>(b);
      const bool overflows = x == kLeast && y == -1;
      const Divided<T> with_sign = divide_signed(a, b);
      ASSERT_EQ(with_sign.quotient, b == 0 ? 0 : overflows ? a : static_cast<T>(x / y)) << x << " " << y;
      ASSERT_EQ(with_sign.remainder, b == 0 ? a : overflows ? 0 : static_cast<T>(x % y)) << x << " " << y;
    }
  }
}

TEST(WideArithmetic, DividesWords) { compare_all<uint32_t>(); }
TEST(WideArithmetic, DividesPairs) { compare_all<uint64_t>(); }

TEST(WideArithmetic, Multiplies) {
  for (const uint32_t a : numbers<uint32_t>()) {
    for (const uint32_t b : numbers<uint32_t>()) ASSERT_EQ(multiply_words(a, b), uint64_t{a} * b) << a << " " << b;
  }
  for (const uint64_t a : numbers<uint64_t>()) {
    for (const uint64_t b : numbers<uint64_t>()) ASSERT_EQ(multiply(a, b), a * b) << a << " " << b;
  }
}

}  // namespace
}  // namespace board
