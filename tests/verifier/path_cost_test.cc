// SPDX-License-Identifier: Apache-2.0
//
// What paths have cost, and what loops on them share: never less than what any number of units makes that the ways
// allow.
#include "verifier/path_cost.h"

#include <gtest/gtest.h>

#include <random>

namespace perdita::verifier {
namespace {

Cost cost(uint64_t instructions) {
  Cost cost;
  cost.instructions = instructions;
  cost.machine[0] = 3 * instructions;
  return cost;
}

std::optional<uint64_t> nothing_known(const Way&, const Way&) { return std::nullopt; }

// From 10 on up to 20, one after the other; each unit is one step.
LoopCost from_low_to_middle(uint64_t each) { return {cost(each), 10, {{5, 4, 0, 1, 20, 10}}}; }
LoopCost from_middle_to_high(uint64_t each) { return {cost(each), 10, {{6, 5, 0, 1, 20, 10}}}; }

TEST(PathCost, CountsAllUnitsOfEachLoop) {
  PathCost path(cost(7));
  path.add({cost(5), 10, {}}, nothing_known);
  path.add({cost(2), 3, {{9, 8, 0, 1, 3, 0}}}, nothing_known);
  EXPECT_EQ(path.base(), cost(7));
  EXPECT_EQ(path.most(), cost(7 + 50 + 6));
  EXPECT_EQ(path.loops().size(), 2u);
  path.add(cost(1));
  EXPECT_EQ(path.most(), cost(64));
}

TEST(PathCost, PaysOnceForWhatIsGoneOnce) {
  PathCost path(cost(1));
  path.add(from_low_to_middle(5), nothing_known);
  path.add(from_middle_to_high(3), nothing_known);
  ASSERT_EQ(path.loops().size(), 1u);
  EXPECT_EQ(path.most(), cost(1 + 5 * 10));
  EXPECT_EQ(path.loops()[0].ways, (std::vector<Way>{{6, 4, 0, 1, 20, 10}}));
  // And so on.
  path.add({cost(5), 10, {{7, 6, 0, 1, 25, 10}}}, nothing_known);
  EXPECT_EQ(path.most(), cost(1 + 5 * 15));
}

TEST(PathCost, PaysOnceDownwards) {
  PathCost path;
  path.add({cost(5), 10, {{4, 5, 0, 1, 20, 10}}}, nothing_known);
  path.add({cost(3), 10, {{5, 6, 0, 1, 20, 10}}}, nothing_known);
  EXPECT_EQ(path.most(), cost(50));
}

TEST(PathCost, TakesThePriceOfAStep) {
  PathCost path;
  // Three steps for each unit: 5 / 3, up to the next whole number, and 15 / 3.
  path.add({cost(5), 9, {{5, 4, 0, 3, 40, 0}}}, nothing_known);
  path.add({cost(1), 40, {{6, 5, 2, 1, 40, 0}}}, nothing_known);
  EXPECT_EQ(path.most().instructions, 2u * 42);
  EXPECT_EQ(path.most().machine[0], 5u * 42);
  ASSERT_EQ(path.loops().size(), 1u);
  EXPECT_EQ(path.loops()[0].most, 42u);  // with the constant part
}

TEST(PathCost, KeepsApartWhatIsNotLessTogether) {
  PathCost path;
  path.add({cost(100), 1, {{5, 4, 0, 1, 1000, 0}}}, nothing_known);
  path.add({cost(1), 5, {{6, 5, 0, 1, 1000, 0}}}, nothing_known);
  EXPECT_EQ(path.most(), cost(105));
  EXPECT_EQ(path.loops().size(), 2u);
}

TEST(PathCost, AsksHowFarBothAre) {
  PathCost path;
  path.add({cost(5), 10, {{5, 4, 0, 1, 20, 10}}}, nothing_known);
  path.add({cost(3), 10, {{7, 6, 0, 1, 20, 10}}}, [](const Way& a, const Way& b) {
    EXPECT_EQ(a.high, 5u);
    EXPECT_EQ(b.high, 7u);
    return std::optional<uint64_t>(12);
  });
  EXPECT_EQ(path.most(), cost(60));
  ASSERT_EQ(path.loops().size(), 1u);
  EXPECT_TRUE(path.loops()[0].ways.empty());
}

TEST(PathCost, WaysThatAreTooLongAreOfNoUse) {
  PathCost path;
  path.add({cost(5), 10, {{5, 4, INT64_MAX, 1, INT64_MAX, INT64_MIN}}}, nothing_known);
  path.add({cost(3), 10, {{6, 5, 1, 1, INT64_MAX, INT64_MIN}}}, nothing_known);
  EXPECT_EQ(path.most(), cost(80));
}

TEST(PathCost, KeepsAFewLoops) {
  PathCost path;
  for (uint32_t i = 0; i < 7; i++) path.add({cost(1), 10, {{10 * i + 11, 10 * i + 10, 0, 1, 9, 0}}}, nothing_known);
  EXPECT_EQ(path.loops().size(), 4u);
  EXPECT_EQ(path.base(), cost(30));
  EXPECT_EQ(path.most(), cost(70));
}

TEST(PathCost, OfTwoPathsTheDearer) {
  PathCost one(cost(10)), other(cost(200));
  one.add(from_low_to_middle(5), nothing_known);
  other.add(from_low_to_middle(5), nothing_known);
  PathCost both = one;
  both.raise_to(other);
  EXPECT_EQ(both.most(), cost(250));
  EXPECT_EQ(both.loops().size(), 1u);
  both = other;
  both.raise_to(one);
  EXPECT_EQ(both.most(), cost(250));

  // What only one of them has counts in full for that one.
  both = one;
  both.raise_to(PathCost(cost(55)));
  EXPECT_EQ(both.most(), cost(60));
  EXPECT_TRUE(both.loops().empty());
  both = PathCost(cost(55));
  both.raise_to(one);
  EXPECT_EQ(both.most(), cost(60));
  EXPECT_TRUE(both.loops().empty());
  both = PathCost(cost(70));
  both.raise_to(one);
  EXPECT_EQ(both.most(), cost(70));
}

// Where nothing is known of their ways, two loops may look the same.
TEST(PathCost, EachLoopStandsForOne) {
  const LoopCost loop{cost(5), 10, {}};
  PathCost once(cost(1)), twice(cost(2));
  once.add(loop, nothing_known);
  twice.add(loop, nothing_known);
  twice.add(loop, nothing_known);
  PathCost both = once;
  both.raise_to(twice);
  EXPECT_EQ(both.most(), cost(102));
  EXPECT_EQ(both.loops().size(), 1u);
  both = twice;
  both.raise_to(once);
  EXPECT_EQ(both.most(), cost(102));
  EXPECT_EQ(both.loops().size(), 1u);
  both = twice;
  both.raise_to(twice);
  EXPECT_EQ(both.most(), cost(102));
  EXPECT_EQ(both.loops().size(), 2u);
}

TEST(PathCost, ForgetsWaysOfNamesThatChange) {
  PathCost path;
  path.add({cost(5), 10, {{5, 4, 0, 1, 20, 10}, {8, 7, 0, 1, 20, 10}}}, nothing_known);
  EXPECT_TRUE(path.names(4) && path.names(5) && path.names(7) && path.names(8));
  EXPECT_FALSE(path.names(6));
  std::vector<uint32_t> names;
  path.collect_names(names);
  EXPECT_EQ(names, (std::vector<uint32_t>{5, 4, 8, 7}));
  const std::vector<uint32_t> changed{7};
  path.forget_ways_of(changed);
  EXPECT_EQ(path.loops()[0].ways, (std::vector<Way>{{5, 4, 0, 1, 20, 10}}));
  const std::vector<uint32_t> high{5};
  path.forget_ways_of(high);
  EXPECT_TRUE(path.loops()[0].ways.empty());
  EXPECT_EQ(path.most(), cost(50));
}

// Numbers along one line, up and down, and for each loop as many units as its ways allow: it costs no more.
TEST(PathCost, IsNeverLessThanWhatUnitsMake) {
  std::mt19937_64 random(1);
  auto up_to = [&](uint64_t most) { return static_cast<int64_t>(random() % (most + 1)); };
  unsigned together = 0;
  for (unsigned round = 0; round < 20'000; round++) {
    const bool down = round % 2 != 0;
    PathCost path(cost(static_cast<uint64_t>(up_to(20))));
    uint64_t real = path.base().instructions;
    const auto loops = static_cast<unsigned>(1 + up_to(4));
    int64_t at = down ? 100 : 0;
    for (unsigned i = 0; i < loops; i++) {
      const int64_t fixed = up_to(3), gone = up_to(20), step = 1 + up_to(3);
      const int64_t to = down ? at - gone : at + gone;
      // The names' numbers: the way is `fixed` longer than they are apart.
      Way way{i + 11, i + 10, fixed, step, to + up_to(5), at - up_to(5)};
      if (down) way = {i + 10, i + 11, fixed, step, at + up_to(5), to - up_to(5)};
      const uint64_t units = static_cast<uint64_t>((gone + fixed) / step), each = static_cast<uint64_t>(up_to(9));
      real += units * each;
      path.add({cost(each), units + static_cast<uint64_t>(up_to(10)), {way}}, nothing_known);
      at = to;
    }
    together += path.loops().size() < loops ? 1 : 0;
    ASSERT_GE(path.most().instructions, real) << "round " << round;
    ASSERT_GE(path.most().machine[0], 3 * real) << "round " << round;
  }
  EXPECT_GT(together, 5000u);
}

}  // namespace
}  // namespace perdita::verifier
