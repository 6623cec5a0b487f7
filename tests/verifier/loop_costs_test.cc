// SPDX-License-Identifier: Apache-2.0
//
// What all iterations of a loop cost together, on states made by hand: never less than the dearest way that there is
// through them, which is looked for one step after the other.
#include "verifier/loop_costs.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "isa/assemble.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

constexpr uint32_t kEntry = 10, kHead = 20, kAfter = 30, kInsideHigh = 40, kInsideLow = 50;
constexpr ValuePlace kPlace{ValuePlace::Room::reg, 0, 6, 8};

Cost cost(uint64_t instructions) {
  Cost cost;
  cost.instructions = instructions;
  cost.machine[0] = 3 * instructions;
  return cost;
}

RegValue number(int64_t least, int64_t most, uint32_t id, int64_t fixed = 0) {
  return RegValue::scalar(domain::signed_scalar<64, 32>(least, most), id, fixed);
}

State state_with(const RegValue& value) {
  State state;
  state.frames.emplace_back();
  state.regs[6] = value;
  return state;
}

std::optional<uint64_t> nothing_known(const Way&, const Way&) { return std::nullopt; }

uint64_t instructions_of(const LoopTotal& total) {
  uint64_t all = total.returns.each.instructions * total.returns.most;
  if (total.steps) all += total.steps->each.instructions * total.steps->most;
  return all;
}

class LoopCostsTest : public ::testing::Test {
 protected:
  LoopTotal total(const State& entry, const State& head, const States& back, uint64_t returns,
                  uint32_t lasting_ids = kEntry + 1, const std::map<ValuePlace, int64_t>& steps = {}) {
    return total_of({analysis_, entry, head, steps, lasting_ids}, back, returns);
  }

  const testing::TestPlatform platform_;
  const object::Module module_ = testing::module_with(*isa::assemble("  r0 = 0\n  exit\n"), "tick");
  const Subject subject_{module_, module_.progs[0], *platform_.hook_for_section("tick"), {}, platform_};
  Report report_{module_.progs[0]};
  Analysis analysis_{subject_, report_};
};

// From 0 to 100: by one for 5, or by five and more for 20.
TEST_F(LoopCostsTest, PayForStepsWhereThatIsLess) {
  State entry = state_with(number(0, 0, kNoId)), head = state_with(number(0, 99, kHead));
  State near = state_with(number(1, 100, kHead, 1)), far = state_with(number(5, 100, kAfter));
  near.cost = PathCost(cost(5));
  far.cost = PathCost(cost(20));
  far.learn(kHead, kAfter, -5);
  const LoopTotal both = total(entry, head, {near, far}, 100);
  EXPECT_EQ(instructions_of(both), 500u);
  ASSERT_TRUE(both.steps);
  EXPECT_EQ(both.steps->most, 100u);
  EXPECT_EQ(both.steps->ways, (std::vector<Way>{{kHead, kZeroId, 0, 1, 99, 0}}));
  EXPECT_EQ(both.returns.most, 100u);
  EXPECT_EQ(both.returns.ways, (std::vector<Way>{{kHead, kZeroId, 0, 1, 99, 0}}));
  EXPECT_EQ(both.gone, both.returns.ways);
  EXPECT_EQ(3 * both.steps->each.instructions, both.steps->each.machine[0]);
}

// Five steps or more for 20 are four for each, though it may come back as often as there are steps.
TEST_F(LoopCostsTest, TakeTheLowestPriceOfAStep) {
  State entry = state_with(number(0, 0, kNoId)), head = state_with(number(0, 99, kHead));
  State back = state_with(number(5, 100, kAfter));
  back.cost = PathCost(cost(20));
  back.learn(kHead, kAfter, -5);
  const LoopTotal one = total(entry, head, {back}, 100);
  EXPECT_EQ(instructions_of(one), 400u);
  // Nor is it by the step of a loop inside that is run through once: 15 in all.
  back.cost = PathCost(cost(5));
  back.cost.add({cost(10), 1, {{kInsideHigh, kInsideLow, 0, 1, 100, 0}}}, nothing_known);
  back.learn(kInsideHigh, kAfter, 0);
  back.learn(kHead, kInsideLow, 0);
  EXPECT_EQ(instructions_of(total(entry, head, {back}, 100)), 300u);
}

TEST_F(LoopCostsTest, DownwardsToo) {
  State entry = state_with(number(90, 100, kEntry, 2)), head = state_with(number(1, 100, kHead, 7));
  State near = state_with(number(0, 99, kHead, 6)), far = state_with(number(0, 95, kAfter));
  near.cost = PathCost(cost(5));
  far.cost = PathCost(cost(20));
  far.learn(kAfter, kHead, 2);  // -5, by the constant part
  const LoopTotal both = total(entry, head, {near, far}, 100);
  EXPECT_EQ(instructions_of(both), 500u);
  ASSERT_TRUE(both.steps);
  EXPECT_EQ(both.steps->ways, (std::vector<Way>{{kEntry, kHead, -5, 1, 98, -6}}));
  EXPECT_EQ(both.gone, (std::vector<Way>{{kEntry, kHead, -5, 1, 98, -6}}));
}

TEST_F(LoopCostsTest, NothingIsSharedThatMayGoBack) {
  State entry = state_with(number(0, 0, kNoId)), head = state_with(number(0, 99, kHead));
  State near = state_with(number(1, 100, kHead, 1)), back = state_with(number(0, 98, kHead, -1));
  near.cost = PathCost(cost(5));
  back.cost = PathCost(cost(20));
  const LoopTotal both = total(entry, head, {near, back}, 100);
  EXPECT_EQ(instructions_of(both), 2000u);
  EXPECT_FALSE(both.steps);
  EXPECT_TRUE(both.gone.empty());
  EXPECT_TRUE(both.returns.ways.empty());
}

TEST_F(LoopCostsTest, NoStepAtAllIsNone) {
  State entry = state_with(number(0, 0, kNoId)), head = state_with(number(0, 99, kHead));
  State stays = state_with(number(0, 99, kHead));
  stays.cost = PathCost(cost(5));
  const LoopTotal one = total(entry, head, {stays}, 7);
  EXPECT_EQ(instructions_of(one), 35u);
  EXPECT_TRUE(one.returns.ways.empty());
  ASSERT_FALSE(one.gone.empty());
}

// A counter goes as far in each iteration, by what it is known to be.
TEST_F(LoopCostsTest, CountersAreWays) {
  State entry = state_with(number(3, 9, kEntry)), head = state_with(number(3, 109, kHead));
  State back = state_with(number(5, 109, kHead, 2));
  back.cost = PathCost(cost(5));
  const LoopTotal one = total(entry, head, {back}, 50, kEntry + 1, {{kPlace, 2}});
  EXPECT_EQ(instructions_of(one), 250u);
  EXPECT_FALSE(one.steps);
  EXPECT_EQ(one.returns.ways, (std::vector<Way>{{kHead, kEntry, 0, 2, 109, 3}}));
  // As many steps are possible that it might not be exact: then nothing is.
  const LoopTotal wild = total(entry, head, {back}, 50, kEntry + 1, {{kPlace, 0}});
  EXPECT_TRUE(wild.returns.ways.empty() && wild.gone.empty());
}

// The name that the number had where the loop was entered may stand for another at its head.
TEST_F(LoopCostsTest, NamesMeanWhatTheyMeant) {
  State entry = state_with(number(0, 9, kEntry)), head = state_with(number(0, 99, kHead));
  head.regs[7] = number(0, 99, kEntry);
  State back = state_with(number(1, 100, kHead, 1));
  back.cost = PathCost(cost(5));
  const LoopTotal lasts = total(entry, head, {back}, 100, kEntry + 1);
  EXPECT_EQ(lasts.returns.ways, (std::vector<Way>{{kHead, kEntry, 0, 1, 99, 0}}));
  EXPECT_EQ(lasts.renamed, (std::vector<uint32_t>{kHead}));
  const LoopTotal renamed = total(entry, head, {back}, 100, kEntry);
  EXPECT_TRUE(renamed.returns.ways.empty() && renamed.gone.empty());
  EXPECT_EQ(renamed.renamed, (std::vector<uint32_t>{kHead, kEntry}));
  // What no value at the head has could not be renamed.
  head.regs[7] = {};
  EXPECT_FALSE(total(entry, head, {back}, 100, kEntry).returns.ways.empty());
  // Of one that is raised, too.
  head.regs[7] = RegValue::unknown_scalar();
  head.regs[7].raised_id = kEntry;
  EXPECT_TRUE(total(entry, head, {back}, 100, kEntry).returns.ways.empty());
}

TEST_F(LoopCostsTest, ThePacketsSizeMeasuresNothing) {
  State entry = state_with(number(0, 9, kEntry)), head = state_with(number(0, 99, kPacketSizeId));
  State back = state_with(number(1, 100, kPacketSizeId, 1));
  back.cost = PathCost(cost(5));
  const LoopTotal one = total(entry, head, {back}, 100);
  EXPECT_TRUE(one.returns.ways.empty() && one.gone.empty());
  EXPECT_FALSE(one.steps);
  State of_size = state_with(number(0, 9, kPacketSizeId)), named = state_with(number(0, 99, kHead));
  back = state_with(number(1, 100, kHead, 1));
  EXPECT_TRUE(total(of_size, named, {back}, 100).gone.empty());
}

TEST_F(LoopCostsTest, NothingComesBackFromALoopThatIsNone) {
  State entry = state_with(number(0, 9, kEntry)), head = state_with(number(0, 99, kHead));
  EXPECT_EQ(instructions_of(total(entry, head, {}, 0)), 0u);
}

TEST_F(LoopCostsTest, CostsWithoutBoundStayWithout) {
  State entry = state_with(number(0, 0, kNoId)), head = state_with(number(0, 99, kHead));
  State back = state_with(number(1, 100, kHead, 1));
  back.cost = PathCost(cost(UINT64_MAX / 3));
  State far = state_with(number(5, 100, kAfter));
  far.learn(kHead, kAfter, -5);
  const LoopTotal one = total(entry, head, {back, far}, 100);
  EXPECT_FALSE(one.steps);
  EXPECT_EQ(one.returns.each, cost(UINT64_MAX / 3));
}

// What is told of the head holds there, and prices that are about renamed names are not put together with others.
TEST_F(LoopCostsTest, TellTheHeadWhatIsGone) {
  State entry = state_with(number(0, 9, kEntry)), head = state_with(number(0, 99, kHead, 4));
  head.regs[7] = number(0, 9, kEntry);
  State back = state_with(number(1, 100, kHead, 5));
  back.cost = PathCost(cost(5));
  const LoopTotal one = total(entry, head, {back}, 100);
  State last = head;
  last.cost = PathCost(cost(1));
  last.cost.add({cost(2), 10, {{kEntry, 5, 0, 1, 9, 0}}}, nothing_known);
  State kept = last;
  one.add_to(kept, false);
  EXPECT_EQ(kept.most_difference(kEntry, kHead), 4);
  // 99 and 0 are the farthest ends: 10 * 2 + 100 * 5 otherwise.
  EXPECT_EQ(kept.cost.most(), cost(1 + 5 * 99));
  State other = last;
  total(entry, head, {back}, 100, kEntry).add_to(other, false);
  EXPECT_EQ(other.cost.most(), cost(1 + 20 + 500));
  EXPECT_EQ(other.most_difference(kEntry, kHead), kNoDifference);
}

// Together they go no further than facts about several numbers say, where these are kept.
TEST_F(LoopCostsTest, AskHowFarBothAre) {
  State entry = state_with(number(0, 9, kEntry)), head = state_with(number(0, 99, kHead));
  State back = state_with(number(1, 100, kHead, 1));
  back.cost = PathCost(cost(5));
  const LoopTotal one = total(entry, head, {back}, 100);
  State last = head;
  last.linear.learn(Sum().add(kHead, 1).add(kEntry, -1).add(60, 1), 0, 40);
  last.cost.add({cost(5), 90, {{60, kZeroId, 0, 1, 90, 0}}}, nothing_known);
  State apart = last;
  one.add_to(apart, false);
  EXPECT_EQ(apart.cost.most(), cost(450 + 500));
  one.add_to(last, true);
  EXPECT_EQ(last.cost.most(), cost(5 * 40));
}

// How a number moves is known exactly, or not at all.
TEST_F(LoopCostsTest, MovesAreExact) {
  const std::map<ValuePlace, int64_t> steps;
  const State entry = state_with(number(0, 0, kNoId)), head = state_with(number(0, 99, kHead));
  const LoopIteration loop{analysis_, entry, head, steps, kEntry + 1};
  auto moved = [&](const RegValue& after) { return moves_at(loop, kPlace, {state_with(after)}); };
  ASSERT_TRUE(moved(number(1, 100, kHead, 1)));
  EXPECT_EQ(moved(number(1, 100, kHead, 1))->least_up, (std::vector<int64_t>{1}));
  EXPECT_EQ(moved(number(1, 100, kHead, 1))->least_down, (std::vector<int64_t>{-1}));
  constexpr int64_t kFar = int64_t{1} << 33;
  EXPECT_FALSE(moved(number(kFar, kFar + 99, kHead, kFar)));
  EXPECT_FALSE(moved(number(-kFar, -kFar + 99, kHead, -kFar)));
  EXPECT_FALSE(moved(number(0, INT64_MAX, kHead)));
  EXPECT_FALSE(moved(number(0, 99, kNoId)));
  EXPECT_FALSE(moved(RegValue::pointer(RegKind::stack)));
  // By ranges, where it is constant.
  ASSERT_TRUE(moved(number(120, 120, kNoId)));
  EXPECT_EQ(moved(number(120, 120, kNoId))->least_up, (std::vector<int64_t>{21}));
  EXPECT_EQ(moved(number(120, 120, kNoId))->least_down, (std::vector<int64_t>{-120}));
  // Of what is not known, no way is.
  ASSERT_TRUE(moved(number(0, 99, kAfter)));
  EXPECT_EQ(moved(number(0, 99, kAfter))->least_up, (std::vector<int64_t>{INT64_MIN}));
  EXPECT_EQ(moved(number(0, 99, kAfter))->least_down, (std::vector<int64_t>{INT64_MIN}));
  // A cell that is gone when the loop comes back.
  State with_cell = entry, at_head = head;
  with_cell.edit_stack(0).store(-8, 8, number(0, 9, kEntry));
  at_head.edit_stack(0).store(-8, 8, number(0, 9, kHead));
  const ValuePlace cell{ValuePlace::Room::stack, 0, -8, 8};
  const LoopIteration on_stack{analysis_, with_cell, at_head, steps, kEntry + 1};
  EXPECT_TRUE(moves_at(on_stack, cell, {at_head}));
  EXPECT_FALSE(moves_at(on_stack, cell, {head}));
  EXPECT_FALSE(moves_at({analysis_, entry, at_head, steps, kEntry + 1}, cell, {at_head}));
}

// Ways through an iteration: so far, and for so much, and for each unit of a loop inside.
struct WayBack {
  int64_t least, most;  // what the number goes
  uint64_t base;
  bool has_inside;
  uint64_t each, most_units;
  int64_t step, beyond;  // the loop inside goes at most so much further than the number; each unit `step`
  // A loop goes no way backwards.
  bool possible(int64_t gone) const { return !has_inside || gone + beyond >= 0; }
  uint64_t cost_of(int64_t gone) const {
    if (!has_inside) return base;
    return base + each * std::min(most_units, static_cast<uint64_t>((gone + beyond) / step));
  }
};

// The dearest that `returns` of them are, from `left` to the limit.
uint64_t dearest(const std::vector<WayBack>& ways, int64_t left, uint64_t returns) {
  std::vector<uint64_t> before(static_cast<size_t>(left) + 1), now(before);
  for (uint64_t count = 0; count < returns; count++) {
    for (int64_t at = 0; at <= left; at++) {
      uint64_t most = 0;
      for (const WayBack& way : ways) {
        for (int64_t gone = way.least; gone <= std::min(way.most, at); gone++) {
          if (way.possible(gone)) most = std::max(most, way.cost_of(gone) + before[static_cast<size_t>(at - gone)]);
        }
      }
      now[static_cast<size_t>(at)] = most;
    }
    before = now;
  }
  return before.back();
}

TEST_F(LoopCostsTest, AreNeverLessThanTheDearestWay) {
  std::mt19937_64 random(1);
  auto between = [&](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random() % static_cast<uint64_t>(most - least + 1));
  };
  unsigned shared = 0, tight = 0;
  constexpr unsigned kRounds = 4000;
  for (unsigned round = 0; round < kRounds; round++) {
    const bool down = between(0, 1) != 0, linear = between(0, 3) == 0;
    const int64_t sign = down ? -1 : 1, start = between(-5, 5), left = between(0, 24), limit = start + sign * left;
    const int64_t head_fixed = between(-3, 3);
    auto range = [&](int64_t a, int64_t b, uint32_t id, int64_t fixed) {
      return number(std::min(a, b), std::max(a, b), id, fixed);
    };
    State entry = state_with(range(start, start - sign * between(-left, 0) / 4, kEntry, between(-2, 2)));
    State head = state_with(range(start, limit + sign, kHead, head_fixed));
    std::vector<WayBack> ways;
    States back;
    int64_t fewest = INT64_MAX;
    for (auto i = static_cast<uint32_t>(between(1, 3)); i-- > 0;) {
      WayBack way{between(0, 4),
                  0,
                  static_cast<uint64_t>(between(0, 12)),
                  between(0, 1) != 0,
                  static_cast<uint64_t>(between(0, 9)),
                  static_cast<uint64_t>(between(0, 20)),
                  between(1, 3),
                  between(-3, 3)};
      way.most = way.least + between(0, 12);
      fewest = std::min(fewest, way.least);
      State state = state_with(range(start, limit, kAfter + i, between(-3, 3)));
      const int64_t fixed = state.regs[6].is_constant(static_cast<uint64_t>(limit)) ? 0 : state.regs[6].fixed;
      if (state.regs[6].id == kNoId) continue;  // a constant, by now
      // V(after) + fixed - V(head) - head_fixed is from least to most, upwards.
      const int64_t apart = head_fixed - fixed;
      state.learn(kHead, kAfter + i, down ? way.most - apart : -way.least - apart);
      state.learn(kAfter + i, kHead, down ? apart - way.least : apart + way.most);
      state.cost = PathCost(cost(way.base));
      if (way.has_inside) {
        // distance <= gone + beyond, shared out between both ends and the constant part.
        // distance - gone <= beyond: what both ends and the constant parts have of it.
        const int64_t high = between(-2, 2), low = between(-2, 2);
        state.learn(kInsideHigh + i, down ? kHead : kAfter + i, high);
        state.learn(down ? kAfter + i : kHead, kInsideLow + i, low);
        const Way told{kInsideHigh + i, kInsideLow + i, way.beyond - high - low + (down ? apart : -apart),
                       way.step,        1000,           -1000};
        state.cost.add({cost(way.each), way.most_units, {told}}, nothing_known);
      }
      ways.push_back(way);
      back.add(state);
    }
    if (back.empty()) continue;
    const uint64_t returns = fewest == 0 ? static_cast<uint64_t>(between(0, 9)) : static_cast<uint64_t>(left / fewest);
    analysis_.linear = linear;
    const LoopTotal all = total(entry, head, back, returns);
    const uint64_t most = dearest(ways, left, returns);
    ASSERT_GE(instructions_of(all), most) << "round " << round;
    uint64_t machine = all.returns.each.machine[0] * all.returns.most;
    if (all.steps) machine += all.steps->each.machine[0] * all.steps->most;
    ASSERT_GE(machine, 3 * most) << "round " << round;
    shared += all.steps ? 1 : 0;
    tight += 2 * instructions_of(all) <= 3 * most ? 1 : 0;
  }
  EXPECT_GT(shared, kRounds / 4);
  EXPECT_GT(tight, kRounds / 2);
  std::printf("%u of %u are shared, %u no more than half as dear again\n", shared, kRounds, tight);
}

}  // namespace
}  // namespace perdita::verifier
