// SPDX-License-Identifier: Apache-2.0
//
// Widening of numbers: every simple number of 4 bits with every other, at 64 bits at random, and that chains end.
#include "verifier/domain/widen.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "verifier/testing/concrete.h"

namespace perdita::verifier {
namespace {

using namespace domain;   // NOLINT: the room under test
using namespace testing;  // NOLINT

TEST(Widen, HoldsAllOfBoth) {
  const auto numbers = all_simple_numbers<4>();
  const std::vector<std::vector<int64_t>> thresholds{{}, {0, 3, 5}, {-5, -1, 6}, {-20, 20}};
  for (const auto& a : numbers) {
    for (const auto& b : numbers) {
      for (const auto& more : thresholds) {
        Number<4> joined = join(a, b), wider = widen(a, joined, std::span<const int64_t>(more));
        ASSERT_TRUE(covers(wider, joined));
        if (joined == a) {
          ASSERT_EQ(wider, joined);
        }
      }
    }
  }
}

// Where the known bits do not end it before: they do not change as long as a range stays below the same power of two.
TEST(Widen, AnEndThatMovesGoesOnToTheNextThreshold) {
  const std::vector<int64_t> more{-20, 10, 11, 12, 300};
  auto widened = [&](int64_t low, int64_t high, int64_t next_low, int64_t next_high) {
    Scalar64 known = signed_scalar<64, 32>(low, high), next = signed_scalar<64, 32>(next_low, next_high);
    SignedRange<64> range = widen(known, join(known, next), std::span<const int64_t>(more)).wide.s;
    return std::pair{range.min, range.max};
  };
  auto ends = [](int64_t low, int64_t high) { return std::pair{low, high}; };
  EXPECT_EQ(widened(0, 7, 0, 8), ends(0, 10));
  EXPECT_EQ(widened(0, 10, 0, 11), ends(0, 11));
  EXPECT_EQ(widened(0, 12, 0, 13), ends(0, 15));
  EXPECT_EQ(widened(0, 15, 0, 16), ends(0, 255));
  EXPECT_EQ(widened(0, 255, 0, 256), ends(0, 300));
  EXPECT_EQ(widened(0, 511, 0, 512), ends(0, 4095));
  EXPECT_EQ(widened(8, 9, 7, 9), ends(0, 9));
  EXPECT_EQ(widened(-3, 9, -4, 9), ends(-16, 9));
  EXPECT_EQ(widened(-16, 9, -17, 9), ends(-20, 9));
  EXPECT_EQ(widened(0, int64_t{1} << 62, 0, INT64_MAX), ends(0, INT64_MAX));
}

// What a number is a multiple of stays known: of the bits, those below the lowest one that got lost.
TEST(Widen, KeepsMultiples) {
  const Scalar64 known = join(Scalar64::constant(0), Scalar64::constant(8));
  const Scalar64 wider = widen(known, join(known, Scalar64::constant(16)), {});
  EXPECT_TRUE(wider.contains(24));
  EXPECT_TRUE(wider.contains(248));
  EXPECT_FALSE(wider.contains(20));
}

TEST(Widen, ChainsEnd) {
  std::mt19937_64 random(1);
  const std::vector<int64_t> more{-7, 99, 100, 101};
  for (unsigned chain = 0; chain < 300; chain++) {
    Scalar64 known = Scalar64::constant(random() >> (random() % 64));
    unsigned grown = 0;
    for (unsigned i = 0; i < 200; i++) {
      // Mostly one step from an end, as loops do it.
      const Scalar64 next = random() % 8 == 0   ? Scalar64::constant(random() >> (random() % 64))
                            : random() % 2 == 0 ? Scalar64::constant(known.wide.u.max + 1)
                                                : Scalar64::constant(static_cast<uint64_t>(known.wide.s.min) - 1);
      const Scalar64 joined = join(known, next);
      if (joined == known) continue;
      const Scalar64 wider = widen(known, joined, std::span<const int64_t>(more));
      ASSERT_TRUE(covers(wider, joined));
      ASSERT_TRUE(wider.contains(next.wide.u.min));
      known = wider;
      grown++;
    }
    EXPECT_LT(grown, 60u);
  }
}

}  // namespace
}  // namespace perdita::verifier
