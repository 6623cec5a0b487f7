// SPDX-License-Identifier: Apache-2.0
//
// Widening holds what is joined, and its ends go on to where they should: to the next power of two that programs like,
// or to a threshold that the loop names.
#include "verifier/domain/widen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace perdita::verifier::domain {
namespace {

constexpr std::span<const int64_t> kNone;

Scalar64 from_to(int64_t low, int64_t high) { return signed_scalar<64, 32>(low, high); }

TEST(Widening, HoldsWhatIsJoined) {
  std::mt19937_64 random(1);
  auto number = [&random] { return static_cast<int64_t>(random()) >> (random() % 64); };
  std::vector<int64_t> thresholds{-70, 5, 1000};
  for (int round = 0; round < 20000; round++) {
    Scalar64 known = from_to(std::min<int64_t>(number(), 0), 0), joined = known;
    for (int i = 0; i < 3; i++) joined = join(joined, Scalar64::constant(static_cast<uint64_t>(number())));
    for (std::span<const int64_t> more : {kNone, std::span<const int64_t>(thresholds)}) {
      ASSERT_TRUE(covers(widen(known, joined, more), joined)) << round;
    }
  }
}

TEST(Widening, UpwardEndsGoToTheLargestWordOfSoManyBits) {
  std::vector<int64_t> seen;
  for (int64_t high = 0;;) {
    const Scalar64 wider = widen(from_to(0, 0), from_to(0, high), kNone);
    EXPECT_EQ(wider.wide.s.min, 0);
    seen.push_back(wider.wide.s.max);
    if (wider.wide.s.max == INT64_MAX) break;
    high = wider.wide.s.max + 1;
  }
  EXPECT_EQ(seen, (std::vector<int64_t>{0, 15, 255, 4095, 65535, 0xffffff, INT32_MAX, UINT32_MAX, INT64_MAX}));
}

TEST(Widening, DownwardEndsGoToTheSmallestWordOfSoManyBits) {
  std::vector<int64_t> seen;
  for (int64_t low = -1;;) {
    const Scalar64 wider = widen(from_to(0, 0), from_to(low, 0), kNone);
    EXPECT_EQ(wider.wide.s.max, 0);
    seen.push_back(wider.wide.s.min);
    if (wider.wide.s.min == INT64_MIN) break;
    low = wider.wide.s.min - 1;
  }
  EXPECT_EQ(seen, (std::vector<int64_t>{-16, -256, -4096, -65536, -0x1000000, INT32_MIN, -0x100000000, INT64_MIN}));
}

TEST(Widening, ThresholdsThatAreNamedComeFirst) {
  const std::vector<int64_t> more{-70, -9, 99, 100};
  EXPECT_EQ(widen(from_to(0, 0), from_to(0, 50), more).wide.s.max, 99);
  EXPECT_EQ(widen(from_to(0, 0), from_to(0, 100), more).wide.s.max, 100);
  EXPECT_EQ(widen(from_to(0, 0), from_to(0, 101), more).wide.s.max, 255);
  EXPECT_EQ(widen(from_to(0, 0), from_to(-9, 0), more).wide.s.min, -9);
  EXPECT_EQ(widen(from_to(0, 0), from_to(-20, 0), more).wide.s.min, -70);
  EXPECT_EQ(widen(from_to(0, 0), from_to(-71, 0), more).wide.s.min, -256);
}

TEST(Widening, ALowerEndAboveZeroGoesToZeroOrAThreshold) {
  const std::vector<int64_t> more{30};
  EXPECT_EQ(widen(from_to(50, 60), from_to(40, 60), more).wide.s.min, 30);
  EXPECT_EQ(widen(from_to(50, 60), from_to(20, 60), more).wide.s.min, 0);
}

// What stays where it was is left alone, and so is what a counter is a multiple of.
TEST(Widening, KeepsWhatDidNotChange) {
  EXPECT_EQ(widen(from_to(3, 7), from_to(3, 7), kNone), from_to(3, 7));
  EXPECT_EQ(widen(from_to(3, 7), from_to(3, 8), kNone).wide.s.min, 3);
  const Scalar64 eights = join(Scalar64::constant(0), Scalar64::constant(8));
  const Scalar64 wider = widen(eights, join(eights, Scalar64::constant(16)), kNone);
  EXPECT_EQ(wider.wide.bits.largest() & 7, 0u);
  EXPECT_TRUE(wider.contains(24));
}

}  // namespace
}  // namespace perdita::verifier::domain
