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
