// SPDX-License-Identifier: Apache-2.0
//
// Facts about differences, held against all that they could be about: learning and narrowing lose no numbers for which
// all that was said is true.
#include <gtest/gtest.h>

#include <random>

#include "verifier/state.h"

namespace perdita::verifier {
namespace {

using Numbers = std::array<int64_t, 3>;
constexpr int64_t kLeast = -3, kMost = 4;

std::vector<Numbers> all_numbers() {
  std::vector<Numbers> all;
  for (int64_t a = kLeast; a <= kMost; a++) {
    for (int64_t b = kLeast; b <= kMost; b++) {
      for (int64_t c = kLeast; c <= kMost; c++) all.push_back({a, b, c});
    }
  }
  return all;
}

TEST(StateFacts, LoseNoNumbers) {
  std::mt19937_64 random(1);
  auto between = [&random](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random() % static_cast<uint64_t>(most - least + 1));
  };
  unsigned contradictions = 0, narrowed = 0;
  for (unsigned round = 0; round < 3000; round++) {
    State state;
    state.frames.emplace_back();
    std::array<int64_t, 3> fixed{};
    for (uint32_t i = 0; i < 3; i++) {
      fixed[i] = between(-2, 2);
      state.regs[i] = RegValue::scalar(domain::signed_scalar<64, 32>(kLeast + fixed[i], kMost + fixed[i]),
                                       kFirstFreeId + i, fixed[i]);
    }
    std::vector<Numbers> left = all_numbers();
    bool possible = true;
    for (unsigned step = 0; step < 6 && possible; step++) {
      auto a = static_cast<uint32_t>(between(0, 2)), b = static_cast<uint32_t>(between(0, 2));
      if (between(0, 2) != 0) {
        const int64_t most = between(-5, 5);
        std::erase_if(left, [&](const Numbers& n) { return n[a] - n[b] > most; });
        possible = state.learn(kFirstFreeId + a, kFirstFreeId + b, most);
      } else {
        const int64_t low = between(kLeast, kMost), high = between(low, kMost);
        std::erase_if(left, [&](const Numbers& n) { return n[a] < low || n[a] > high; });
        possible = state.narrow(kFirstFreeId + a, domain::signed_scalar<64, 32>(low, high));
      }
    }
    if (!possible) {
      contradictions++;
      EXPECT_TRUE(left.empty()) << "round " << round;
      continue;
    }
    for (const Numbers& n : left) {
      for (uint32_t i = 0; i < 3; i++) {
        EXPECT_TRUE(state.regs[i].value.contains(static_cast<uint64_t>(n[i] + fixed[i]))) << "round " << round;
        for (uint32_t k = 0; k < 3; k++) {
          EXPECT_LE(n[i] - n[k], state.most_difference(kFirstFreeId + i, kFirstFreeId + k)) << "round " << round;
        }
      }
    }
    if (left.size() < 20) narrowed++;
  }
  EXPECT_GT(contradictions, 100u);
  EXPECT_GT(narrowed, 100u);
}

// Ranges, multiples and facts of four numbers: whether there are numbers that satisfy all is told exactly where nothing
// is said about bits, and never told of what has some.
TEST(StateFacts, WhatDescribesNothingIsNoticed) {
  std::mt19937_64 random(1);
  auto between = [&random](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random() % static_cast<uint64_t>(most - least + 1));
  };
  unsigned nothing = 0, by_bits = 0, something = 0;
  for (unsigned round = 0; round < 4000; round++) {
    State state;
    state.frames.emplace_back();
    std::array<Scalar64, 4> numbers;
    const bool bits = round % 2 == 0;
    for (uint32_t i = 0; i < 4; i++) {
      const int64_t low = between(0, 5), fixed = between(-2, 2);
      numbers[i] = domain::signed_scalar<64, 32>(low, between(low, 6));
      const uint64_t bit = random() % 3;
      if (bits && !numbers[i].is_constant() && bit != 2) {
        Scalar64 one = Scalar64::constant(1);
        domain::assume_wide(bit == 0 ? domain::Relation::common_bits : domain::Relation::no_common_bits, numbers[i],
                            one);
      }
      state.regs[i] = RegValue::scalar(moved_by(numbers[i], fixed), kFirstFreeId + i, fixed);
      if (state.regs[i].value.is_constant()) {
        state.regs[i].id = kFirstFreeId + i;
        state.regs[i].fixed = fixed;
      }
    }
    bool possible = true;
    for (uint64_t count = random() % 7; count > 0 && possible; count--) {
      possible = state.learn(kFirstFreeId + random() % 4, kFirstFreeId + random() % 4, between(-4, 3));
    }
    if (!possible) continue;
    bool any = false;
    for (unsigned i = 0; i < 7 * 7 * 7 * 7 && !any; i++) {
      const uint64_t n[] = {i % 7, i / 7 % 7, i / 49 % 7, i / 343};
      any = true;
      for (unsigned k = 0; k < 4; k++) any = any && numbers[k].contains(n[k]);
      for (const Difference& fact : state.differences) {
        any = any && static_cast<int64_t>(n[fact.a - kFirstFreeId] - n[fact.b - kFirstFreeId]) <= fact.most;
      }
    }
    if (bits) {
      EXPECT_FALSE(any && state.describes_nothing()) << "round " << round;
      by_bits += state.describes_nothing() ? 1 : 0;
    } else {
      EXPECT_EQ(state.describes_nothing(), !any) << "round " << round;
    }
    nothing += any ? 0 : 1;
    something += any ? 1 : 0;
  }
  EXPECT_GT(nothing, 300u);
  EXPECT_GT(by_bits, 100u);
  EXPECT_GT(something, 300u);
}

State three_numbers() {
  State state;
  state.frames.emplace_back();
  for (uint32_t i = 0; i < 3; i++)
    state.regs[i] = RegValue::scalar(domain::unsigned_scalar<64, 32>(0, 100), kFirstFreeId + i);
  return state;
}

// What is known is as much as it should be.
TEST(StateFacts, AreAsCloseAsWhatWasLearnt) {
  constexpr uint32_t kA = kFirstFreeId, kB = kA + 1, kC = kA + 2;
  State state = three_numbers();
  EXPECT_TRUE(state.learn(kA, kB, 5));
  EXPECT_TRUE(state.learn(kA, kB, 7));
  EXPECT_EQ(state.most_difference(kA, kB), 5);
  EXPECT_TRUE(state.learn(kA, kB, 3));
  EXPECT_EQ(state.most_difference(kA, kB), 3);
  EXPECT_GE(state.most_difference(kB, kA), kNoDifference);
  EXPECT_TRUE(state.learn(kB, kC, -1));
  EXPECT_EQ(state.most_difference(kA, kC), 2);
  EXPECT_TRUE(state.learn(kA, kC, 9));
  EXPECT_EQ(state.most_difference(kA, kC), 2);
  EXPECT_TRUE(state.learn(kA, kC, 1));
  EXPECT_EQ(state.most_difference(kA, kC), 1);
  EXPECT_FALSE(state.learn(kC, kA, -2));
}

// A <= B - 10: what one learns, the other learns too, both ways.
TEST(StateFacts, CarryRangesToOtherNumbers) {
  constexpr uint32_t kA = kFirstFreeId, kB = kA + 1;
  auto ordered = [] {
    State state = three_numbers();
    EXPECT_TRUE(state.learn(kA, kB, -10));
    return state;
  };
  State state = ordered();
  EXPECT_TRUE(state.narrow(kA, domain::unsigned_scalar<64, 32>(50, 100)));
  EXPECT_EQ(state.regs[1].value.wide.u.min, 60u);
  state = ordered();
  EXPECT_TRUE(state.narrow(kB, domain::unsigned_scalar<64, 32>(0, 50)));
  EXPECT_EQ(state.regs[0].value.wide.u.max, 40u);
  EXPECT_FALSE(state.narrow(kA, domain::unsigned_scalar<64, 32>(45, 50)));
}

}  // namespace
}  // namespace perdita::verifier
