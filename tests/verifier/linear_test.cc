// SPDX-License-Identifier: Apache-2.0
//
// Facts about several numbers, held against all numbers that they could be about: what is learnt loses no numbers for
// which all that was said is true, and what is asked is answered no lower than these numbers reach, and mostly exactly.
#include "verifier/linear.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

#include "known_today.h"
#include "verifier/state.h"

namespace perdita::verifier {
namespace {

using domain::Int128;

constexpr size_t kNumbers = 4, kHidden = 3;  // the last one has no value in the state
constexpr int64_t kLeast = -3, kMost = 4;
using Numbers = std::array<int64_t, kNumbers>;

constexpr uint32_t id_of(size_t number) { return kFirstFreeId + static_cast<uint32_t>(number); }

std::vector<Numbers> all_numbers(int64_t last_step) {
  std::vector<Numbers> all;
  for (unsigned i = 0; i < 8 * 8 * 8 * 8; i++) {
    Numbers numbers{};
    for (size_t k = 0, left = i; k < kNumbers; k++, left /= 8) numbers[k] = kLeast + static_cast<int64_t>(left % 8);
    numbers[kHidden] *= last_step;
    all.push_back(numbers);
  }
  return all;
}

Int128 value_of(const Sum& sum, const Numbers& numbers) {
  Int128 value = sum.constant();
  for (const Term& term : sum.terms()) value += Int128{term.factor} * numbers.at(term.id - kFirstFreeId);
  return value;
}

// What the facts are about, those that fulfil all of them.
void expect_hold(const State& state, const std::vector<Numbers>& left, unsigned round) {
  for (const auto* facts : {&state.linear.facts(), &state.linear.ranges()}) {
    for (const Linear& fact : *facts) {
      int64_t divisor = 0;
      for (size_t i = 0; i < fact.terms.size(); i++) {
        divisor = std::gcd(divisor, fact.terms[i].factor);
        EXPECT_TRUE(i == 0 || fact.terms[i].factor == 0 || fact.terms[i - 1].id < fact.terms[i].id);
      }
      EXPECT_EQ(divisor, 1);
      EXPECT_GT(fact.terms[0].factor, 0);
      EXPECT_EQ(fact.terms[1].factor == 0, facts == &state.linear.ranges());
      for (const Numbers& numbers : left) {
        const Int128 value = value_of(fact.sum(), numbers);
        ASSERT_TRUE(fact.least == INT64_MIN || fact.least <= value) << "round " << round;
        ASSERT_TRUE(fact.most == INT64_MAX || value <= fact.most) << "round " << round;
      }
    }
  }
  for (const Sum& sum : state.linear.modular()) {
    for (const Numbers& numbers : left) ASSERT_EQ(static_cast<int64_t>(value_of(sum, numbers) % kModulus), 0);
  }
}

class LinearFactsTest : public ::testing::Test {
 protected:
  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  bool one_in(uint64_t n) { return random_() % n == 0; }

  Sum sum(size_t most_terms) {
    Sum sum;
    for (size_t count = 1 + random_() % most_terms; count > 0; count--) {
      sum.add(id_of(random_() % kNumbers), between(-3, 3));
    }
    return sum.add_constant(between(-4, 4));
  }

  // Three numbers in registers, counted from their names, and what is known of the fourth.
  State state_of(std::vector<Numbers>& left, int64_t last_step) {
    State state;
    state.frames.emplace_back();
    for (size_t i = 0; i < kNumbers; i++) {
      const int64_t low = between(kLeast, kMost), high = between(low, kMost), step = i == kHidden ? last_step : 1;
      std::erase_if(left, [&](const Numbers& n) { return n[i] < low * step || n[i] > high * step; });
      const Scalar64 range = domain::signed_scalar<64, 32>(low * step, high * step);
      if (i == kHidden) {
        state.linear.learn(Sum().add(id_of(i), 1), low * step, high * step);
        continue;
      }
      const int64_t fixed = between(-2, 2);
      state.regs[i] = RegValue::scalar(moved_by(range, fixed), id_of(i), fixed);
    }
    return state;
  }

  std::mt19937_64 random_{1};
};

TEST_F(LinearFactsTest, LoseNoNumbers) {
  const std::vector<Numbers> all = all_numbers(1);
  unsigned exact = 0, answered = 0;
  Int128 beyond = 0;
  for (unsigned round = 0; round < 4000; round++) {
    std::vector<Numbers> left = all;
    State state = state_of(left, 1);
    const Numbers truth = left[random_() % left.size()];  // which all that is said is true of
    for (uint64_t facts = random_() % 5; facts > 0; facts--) {
      const Sum about = sum(4);
      const Int128 value = value_of(about, truth);
      const Int128 least = one_in(3) ? Int128{INT64_MIN} : value - between(0, 3);
      const Int128 most = one_in(3) ? Int128{INT64_MAX} : value + between(0, 3);
      state.linear.learn(about, least, most);
      std::erase_if(left, [&](const Numbers& n) { return value_of(about, n) < least || value_of(about, n) > most; });
    }
    if (one_in(2)) {
      const size_t a = random_() % kHidden, b = random_() % kHidden;
      const int64_t most = truth[a] - truth[b] + between(0, 2);
      state.learn(id_of(a), id_of(b), most);
      std::erase_if(left, [&](const Numbers& n) { return n[a] - n[b] > most; });
    }
    if (one_in(4)) {
      const size_t narrowed = random_() % kHidden;
      const int64_t least = truth[narrowed] - between(0, 1), most = truth[narrowed] + between(0, 1);
      state.narrow(id_of(narrowed), domain::signed_scalar<64, 32>(least, most));
      std::erase_if(left, [&](const Numbers& n) { return n[narrowed] < least || n[narrowed] > most; });
      // That the number is now held by no value is nothing that counts.
      if (one_in(2)) state.regs[narrowed] = {};
    }
    expect_hold(state, left, round);
    for (unsigned question = 0; question < 4; question++) {
      const Sum about = sum(3);
      if (about.terms().empty()) continue;
      Int128 least = INT64_MAX, most = INT64_MIN;
      for (const Numbers& n : left) {
        least = std::min(least, value_of(about, n));
        most = std::max(most, value_of(about, n));
      }
      const unsigned effort = one_in(4) ? kQuick : kThorough;
      const auto upper = most_of(state, about, effort), lower = least_of(state, about, effort);
      if (upper) {
        ASSERT_GE(*upper, most) << "round " << round;
        answered++, exact += *upper == most ? 1 : 0, beyond += std::min<Int128>(*upper - most, 99);
      }
      if (lower) {
        ASSERT_LE(*lower, least) << "round " << round;
        answered++, exact += *lower == least ? 1 : 0, beyond += std::min<Int128>(least - *lower, 99);
      }
      // Looking no longer than until enough is known is true all the same, and enough where it could be.
      const Int128 enough = most + between(0, 2);
      const auto sufficient = most_of(state, about, effort, enough);
      ASSERT_EQ(sufficient.has_value(), upper.has_value());
      if (sufficient) {
        ASSERT_GE(*sufficient, *upper);
        ASSERT_EQ(*sufficient <= enough, *upper <= enough);
      }
      const auto low_enough = least_of(state, about, effort, least - 1);
      ASSERT_EQ(low_enough.has_value(), lower.has_value());
      if (low_enough) {
        ASSERT_LE(*low_enough, *lower);
        ASSERT_EQ(*low_enough >= least - 1, *lower >= least - 1);
      }
    }
  }
  // What it loses shows here: after a change that is meant, the figures as they are.
  EXPECT_GE(answered, known_today(22847));
  EXPECT_GE(exact, known_today(18243));
  EXPECT_LE(static_cast<int64_t>(beyond), 63968);
}

// Sums that are multiples of 2^32: one number is of that size, too.
TEST_F(LinearFactsTest, MultiplesLoseNoNumbers) {
  constexpr int64_t kHalf = int64_t{1} << 31;
  const std::vector<Numbers> all = all_numbers(kHalf);
  unsigned resolved = 0, modular = 0;
  for (unsigned round = 0; round < 4000; round++) {
    std::vector<Numbers> left = all;
    State state = state_of(left, kHalf);
    const Numbers truth = left[random_() % left.size()];
    for (uint64_t facts = 1 + random_() % 2; facts > 0; facts--) {
      Sum about = sum(3);
      about.add_constant(between(-2, 2) * kModulus - value_of(about, truth));
      state.linear.learn_modular(about);
      std::erase_if(left, [&](const Numbers& n) { return value_of(about, n) % kModulus != 0; });
    }
    const auto before = state.linear.modular();
    state.linear.resolve(state);
    resolved += static_cast<unsigned>(before.size() - state.linear.modular().size());
    expect_hold(state, left, round);
    for (unsigned question = 0; question < 3; question++) {
      Sum about = one_in(2) ? before[random_() % before.size()] : sum(2);
      about.add_constant(one_in(2) ? Int128{0} : between(-1, 1) * kHalf);
      if (!is_modular(state, about)) continue;
      modular++;
      for (const Numbers& n : left) ASSERT_EQ(static_cast<int64_t>(value_of(about, n) % kModulus), 0);
    }
  }
  EXPECT_GE(resolved, known_today(3057));
  EXPECT_GE(modular, known_today(3993));
}

// ---- sums ----

TEST(Sums, AreWhatIsAdded) {
  std::mt19937_64 random(1);
  auto between = [&random](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random() % static_cast<uint64_t>(most - least + 1));
  };
  struct Model {
    std::map<uint32_t, int64_t> factors;
    int64_t constant = 0;
    bool operator==(const Model&) const = default;
  };
  auto model_of = [](const Sum& sum) {
    Model model{{}, static_cast<int64_t>(sum.constant())};
    for (const Term& term : sum.terms()) {
      EXPECT_NE(term.factor, 0);
      EXPECT_TRUE(model.factors.emplace(term.id, term.factor).second);
      EXPECT_EQ(sum.factor_of(term.id), term.factor);
    }
    return model;
  };
  auto one = [&](Model& model) {
    Sum sum;
    for (unsigned i = 0; i < 8 && sum.terms().size() < 5; i++) {
      const auto id = static_cast<uint32_t>(between(kZeroId, 9));
      const int64_t factor = between(-3, 3);
      sum.add(id, factor);
      if (id != kZeroId && (model.factors[id] += factor) == 0) model.factors.erase(id);
    }
    const int64_t constant = between(-9, 9);
    model.constant = constant;
    return sum.add_constant(constant);
  };
  unsigned usable = 0;
  for (unsigned round = 0; round < 2000; round++) {
    Model a, b;
    const Sum x = one(a), y = one(b);
    ASSERT_TRUE(x.usable() && model_of(x) == a) << round;
    EXPECT_TRUE(std::is_sorted(x.terms().begin(), x.terms().end(), [](auto& s, auto& t) { return s.id < t.id; }));
    EXPECT_EQ(x.factor_of(10), 0);
    const int64_t times = between(-3, 3), other_times = between(-3, 3);
    const Sum combined = x.combined(times, y, other_times);
    Model all{{}, a.constant * times + b.constant * other_times};
    for (const auto& [id, factor] : a.factors) all.factors[id] += times * factor;
    for (const auto& [id, factor] : b.factors) all.factors[id] += other_times * factor;
    std::erase_if(all.factors, [](const auto& term) { return term.second == 0; });
    // On the way there may be more terms than in the end.
    if (!combined.usable()) continue;
    ASSERT_LE(all.factors.size(), Sum::kMostTerms);
    usable++;
    ASSERT_EQ(model_of(combined), all);
    Model negative{{}, -a.constant};
    for (const auto& [id, factor] : a.factors) negative.factors[id] = -factor;
    ASSERT_EQ(model_of(x.negated()), negative);
  }
  EXPECT_GT(usable, 1500u);
}

TEST(Sums, HaveLimits) {
  constexpr int64_t kMostFactor = Sum::kMostFactor;
  EXPECT_TRUE(Sum().add(5, kMostFactor).usable());
  EXPECT_TRUE(Sum().add(5, -kMostFactor).usable());
  EXPECT_FALSE(Sum().add(5, kMostFactor + 1).usable());
  EXPECT_FALSE(Sum().add(5, -kMostFactor - 1).usable());
  EXPECT_TRUE(Sum().add(5, kMostFactor - 1).add(5, 1).usable());
  EXPECT_FALSE(Sum().add(5, kMostFactor).add(5, 1).usable());
  EXPECT_TRUE(Sum().add(5, 1 - kMostFactor).add(5, -1).usable());
  EXPECT_FALSE(Sum().add(5, -kMostFactor).add(5, -1).usable());
  EXPECT_FALSE(Sum().add(kNoId, 1).usable());
  EXPECT_FALSE(Sum().add(kNoId, 1).add(5, 1).usable());
  EXPECT_FALSE(Sum().add(kNoId, 1).add_constant(1).usable());
  EXPECT_TRUE(Sum().add(kNoId, 0).usable());  // no such number is in it
  const Int128 most = Int128{1} << 100;
  EXPECT_TRUE(Sum().add_constant(most - 1).usable());
  EXPECT_FALSE(Sum().add_constant(most).usable());
  EXPECT_TRUE(Sum().add_constant(1 - most).usable());
  EXPECT_FALSE(Sum().add_constant(-most).usable());
  Sum six;
  for (uint32_t id = 10; id < 16; id++) six.add(id, 1);
  EXPECT_TRUE(six.usable());
  EXPECT_EQ(six.terms().size(), Sum::kMostTerms);
  EXPECT_TRUE(Sum(six).add(12, 1).usable());
  EXPECT_FALSE(Sum(six).add(9, 1).usable());
  EXPECT_FALSE(Sum(six).combined(1, Sum().add(9, 1), 1).usable());
  EXPECT_TRUE(six.combined(kMostFactor, Sum(), 1).usable());
  EXPECT_FALSE(Sum().combined(kMostFactor + 1, six, 1).usable());
  EXPECT_FALSE(Sum().combined(1, six, -kMostFactor - 1).usable());
  EXPECT_FALSE(Sum().combined(1, Sum().add(kNoId, 1), 1).usable());
  EXPECT_FALSE(Sum().add(kNoId, 1).combined(1, Sum(), 1).usable());
}

// Only what is far enough from the ends of the 64 bits is its number less what it is counted from.
TEST(Sums, TakeValuesThatDoNotWrap) {
  const Scalar64 small = domain::signed_scalar<64, 32>(-5, 9);
  const Sum of_number = Sum().add(RegValue::scalar(small, 7, 3), 2);
  EXPECT_TRUE(of_number.usable());
  EXPECT_EQ(of_number.factor_of(7), 2);
  EXPECT_EQ(static_cast<int64_t>(of_number.constant()), 6);
  const Sum of_constant = Sum().add(RegValue::constant(static_cast<uint64_t>(-4)), 3);
  EXPECT_TRUE(of_constant.usable() && of_constant.terms().empty());
  EXPECT_EQ(static_cast<int64_t>(of_constant.constant()), -12);
  EXPECT_FALSE(Sum().add(RegValue::scalar(small), 1).usable());  // no name
  auto to = [](int64_t least, int64_t most) { return domain::signed_scalar<64, 32>(least, most); };
  EXPECT_TRUE(Sum().add(RegValue::scalar(to(0, kTame), 7), 1).usable());
  EXPECT_FALSE(Sum().add(RegValue::scalar(to(0, kTame + 1), 7), 1).usable());
  EXPECT_TRUE(Sum().add(RegValue::scalar(to(-kTame, 0), 7), 1).usable());
  EXPECT_FALSE(Sum().add(RegValue::scalar(to(-kTame - 1, 0), 7), 1).usable());
  // The number may be far where the value is near, and the other way round.
  EXPECT_FALSE(Sum().add(RegValue::scalar(to(0, 9), 7, -kTame), 1).usable());
  EXPECT_FALSE(Sum().add(RegValue::scalar(to(0, 9), 7, kTame), 1).usable());
  EXPECT_TRUE(Sum().add(RegValue::scalar(to(10, 19), 7, kTame - 1), 1).usable());
  EXPECT_FALSE(Sum().add(RegValue::scalar(to(0, 9), 7, kTame + 9), 1).usable());
  EXPECT_FALSE(Sum().add(RegValue::scalar(to(kTame, kTame + 9), 7, 20), 1).usable());
  EXPECT_FALSE(Sum().add(RegValue::constant(uint64_t{kTame}), 1).usable());
  EXPECT_TRUE(Sum().add(RegValue::constant(uint64_t{kTame} - 1), 1).usable());
  RegValue pointer = RegValue::pointer(RegKind::map_value, 8);
  EXPECT_EQ(static_cast<int64_t>(Sum().add(pointer, 1).constant()), 8);
  pointer.value = small;
  EXPECT_FALSE(Sum().add(pointer, 1).usable());
  pointer.offset_id = 7;
  EXPECT_EQ(Sum().add(pointer, -1).factor_of(7), -1);
  EXPECT_EQ(static_cast<int64_t>(Sum().add(pointer, -1).constant()), -8);
  EXPECT_FALSE(Sum().add(RegValue::of_kind(RegKind::map_value_or_null), 1).usable());  // null has no offset
}

// ---- what is kept ----

Sum two(uint32_t a, uint32_t b) { return Sum().add(a, 1).add(b, 1); }

TEST(LinearFactsKept, TheLastOnes) {
  LinearFacts facts;
  for (uint32_t i = 0; i < 48; i++) facts.learn(two(100 + i, 1000), 0, 5);
  EXPECT_EQ(facts.facts().size(), 48u);
  facts.learn(two(110, 1000), 0, 4);  // not one more
  EXPECT_EQ(facts.facts().size(), 48u);
  EXPECT_EQ(facts.facts()[10].most, 4);
  facts.learn(two(110, 1000), 1, 6);
  EXPECT_EQ(facts.facts()[10].least, 1);
  EXPECT_EQ(facts.facts()[10].most, 4);
  facts.learn(two(200, 1000), 0, 5);
  EXPECT_EQ(facts.facts().size(), 48u);
  EXPECT_TRUE(facts.facts()[0].has(101));
  EXPECT_TRUE(facts.facts()[47].has(200));
  for (uint32_t i = 0; i < 61; i++) facts.learn(Sum().add(100 + i, 1), 0, 5);
  EXPECT_EQ(facts.ranges().size(), 60u);
  EXPECT_TRUE(facts.ranges()[0].has(101));
  EXPECT_EQ(facts.facts().size(), 48u);
  for (uint32_t i = 0; i < 7; i++) facts.learn_modular(two(100 + i, 1000));
  EXPECT_EQ(facts.modular().size(), 6u);
  EXPECT_EQ(facts.modular()[0].factor_of(101), 1);
  for (uint32_t i = 0; i < 8; i++)
    facts.learn_condition({100 + i / 2 * 2, 1000, 0, 0, domain::Relation::below, i % 2 == 0});
  EXPECT_EQ(facts.conditions().size(), 6u);
  EXPECT_FALSE(facts.knows({100, 1000, 0, 0, domain::Relation::below, false}));
  EXPECT_TRUE(facts.knows({102, 1000, 0, 0, domain::Relation::below, true}));
  facts.learn_condition({102, 1000, 0, 0, domain::Relation::below, true});  // is known
  EXPECT_EQ(facts.conditions().size(), 6u);
  EXPECT_TRUE(facts.knows({102, 1000, 0, 0, domain::Relation::below, false}));
}

TEST(LinearFactsKept, NothingThatSaysNothing) {
  LinearFacts facts;
  facts.learn(Sum().add_constant(4), 0, 5);
  facts.learn(two(5, 6), INT64_MIN, INT64_MAX);
  facts.learn(Sum().add(kNoId, 1).add(5, 1), 0, 5);
  Sum five, four;
  for (uint32_t id = 10; id < 15; id++) (id < 14 ? four : five).add(id, 1), five.add(id, id < 14 ? 1 : 0);
  facts.learn(five, 0, 5);
  facts.learn_modular(five);
  facts.learn_modular(Sum().add(kNoId, 1));
  facts.narrow(5, Scalar64::constant(1));  // no fact is about it
  EXPECT_TRUE(facts.empty());
  facts.learn(four, 0, 5);
  EXPECT_EQ(facts.facts().size(), 1u);
  facts.learn_modular(four);
  EXPECT_EQ(facts.modular().size(), 1u);
  facts.narrow(10, domain::signed_scalar<64, 32>(-2, 3));
  facts.narrow(15, domain::signed_scalar<64, 32>(-2, 3));
  ASSERT_EQ(facts.ranges().size(), 1u);
  EXPECT_TRUE(facts.ranges()[0].has(10) && facts.ranges()[0].least == -2 && facts.ranges()[0].most == 3);
  LinearFacts multiples;
  multiples.learn_modular(two(5, 6));
  EXPECT_FALSE(multiples.empty());
  multiples.narrow(6, domain::signed_scalar<64, 32>(-2, 3));
  EXPECT_EQ(multiples.ranges().size(), 1u);
  LinearFacts conditions;
  conditions.learn_condition({5, 6, 0, 0, domain::Relation::below, true});
  EXPECT_FALSE(conditions.empty());
}

// Ends are divided inwards, and no end is nearer than what was said where it does not fit.
TEST(LinearFactsKept, EndsOfAllSizes) {
  auto learnt = [](const Sum& sum, Int128 least, Int128 most) {
    LinearFacts facts;
    facts.learn(sum, least, most);
    const auto& known = facts.facts();
    return known.empty() ? std::pair{INT64_MIN, INT64_MAX} : std::pair{known[0].least, known[0].most};
  };
  EXPECT_EQ(learnt(Sum().add(5, 2).add(6, -4).add_constant(1), -4, 8), (std::pair<int64_t, int64_t>{-2, 3}));
  EXPECT_EQ(learnt(Sum().add(5, -2).add(6, 4).add_constant(1), -4, 8), (std::pair<int64_t, int64_t>{-3, 2}));
  const Int128 far = Int128{kTame} * 4;
  EXPECT_EQ(learnt(two(5, 6), -far, 0), (std::pair<int64_t, int64_t>{INT64_MIN, 0}));
  EXPECT_EQ(learnt(two(5, 6), 1 - far, 0).first, 1 - 4 * kTame);
  EXPECT_EQ(learnt(two(5, 6), 0, far), (std::pair<int64_t, int64_t>{0, INT64_MAX}));
  EXPECT_EQ(learnt(two(5, 6), 0, far - 1).second, 4 * kTame - 1);
  EXPECT_EQ(learnt(two(5, 6), far + 7, far + 9).first, 4 * kTame);
  EXPECT_EQ(learnt(two(5, 6), -far - 9, -far - 7).second, -4 * kTame);
}

// What a sum is put together of may have a constant far beyond the numbers': it makes no end of none.
TEST(LinearFactsKept, NoEndOfOneThatIsNotKnown) {
  const Int128 constant = Int128{1} << 70;
  LinearFacts facts;
  facts.learn(Sum().add(3, 1).add(4, 1024).add_constant(-constant), INT64_MIN, -1 - constant);
  ASSERT_EQ(facts.facts().size(), 1u);
  EXPECT_EQ(facts.facts()[0].least, INT64_MIN);
  EXPECT_EQ(facts.facts()[0].most, -1);
  facts = {};
  facts.learn(Sum().add(3, -1).add(4, -1024).add_constant(constant), 1 + constant, INT64_MAX);
  ASSERT_EQ(facts.facts().size(), 1u);
  EXPECT_EQ(facts.facts()[0].least, INT64_MIN);
  EXPECT_EQ(facts.facts()[0].most, -1);
}

TEST(LinearFactsKept, NothingAboutWhatIsForgotten) {
  LinearFacts facts;
  facts.learn(two(5, 6), 0, 5);
  facts.learn(two(6, 7), 0, 5);
  facts.learn(Sum().add(5, 1), 0, 5);
  facts.learn(Sum().add(6, 1), 0, 5);
  facts.learn_modular(two(5, 7));
  facts.learn_modular(two(6, 7));
  for (auto [a, b] : {std::pair{5u, 6u}, {6u, 5u}, {6u, 7u}})
    facts.learn_condition({a, b, 0, 0, domain::Relation::below, true});
  facts.forget(5);
  ASSERT_EQ(facts.facts().size(), 1u);
  EXPECT_TRUE(facts.facts()[0].has(7));
  ASSERT_EQ(facts.ranges().size(), 1u);
  EXPECT_TRUE(facts.ranges()[0].has(6));
  ASSERT_EQ(facts.modular().size(), 1u);
  EXPECT_EQ(facts.modular()[0].factor_of(6), 1);
  ASSERT_EQ(facts.conditions().size(), 1u);
  EXPECT_EQ(facts.conditions()[0].b, 7u);
}

// A chain of facts: as far from what is used as kMostDistance.
TEST(LinearFactsKept, WhatIsNotTooFarFromWhatIsUsed) {
  LinearFacts facts;
  for (uint32_t id = 19; id >= 10; id--) facts.learn(two(id, id + 1), 0, 5);
  for (uint32_t id = 10; id < 21; id++) facts.learn(Sum().add(id, 1), 0, 5);
  facts.learn(two(30, 31), 0, 5);
  facts.learn(Sum().add(30, 1), 0, 5);
  facts.learn_condition({10, 10, 0, 0, domain::Relation::below, true});
  facts.learn_condition({10, 11, 0, 0, domain::Relation::below, true});
  facts.learn_condition({11, 10, 0, 0, domain::Relation::below, true});
  const uint32_t used[] = {10};
  facts.drop_unconnected(used);
  std::vector<uint32_t> first, alone;
  for (const Linear& fact : facts.facts()) first.push_back(fact.terms[0].id);
  for (const Linear& fact : facts.ranges()) alone.push_back(fact.terms[0].id);
  EXPECT_EQ(first, (std::vector<uint32_t>{14, 13, 12, 11, 10}));
  EXPECT_EQ(alone, (std::vector<uint32_t>{10, 11, 12, 13, 14, 15}));
  ASSERT_EQ(facts.conditions().size(), 1u);
  EXPECT_EQ(facts.conditions()[0].b, 10u);

  // Multiples are kept, and what is said of their numbers.
  facts.learn_modular(two(40, 41));
  facts.learn(two(41, 42), 0, 5);
  facts.learn(Sum().add(40, 1), 0, 5);
  facts.drop_unconnected(used);
  EXPECT_EQ(facts.facts().size(), 6u);
  EXPECT_EQ(facts.ranges().size(), 7u);
}

TEST(LinearFactsKept, WhatTheOthersSayToo) {
  LinearFacts known, facts;
  known.learn(Sum().add(5, 1).add(6, 2), 0, 5);
  known.learn(Sum().add(5, 1), 0, 5);
  facts.learn(Sum().add(15, 1).add(16, 2), 0, 5);   // with other names
  facts.learn(Sum().add(15, 1).add(16, -2), 0, 5);  // with other factors
  facts.learn(Sum().add(15, 1).add(17, 3), 0, 5);
  facts.learn(Sum().add(15, 2).add(17, 3), 0, 5);
  facts.learn(Sum().add(15, 1).add(18, 2), 0, 6);  // with other ends
  facts.learn(Sum().add(15, 1).add(19, 2), -1, 5);
  facts.learn(Sum().add(15, 1).add(16, 2).add(17, 1), 0, 5);
  facts.learn(Sum().add(15, 1), 0, 5);
  facts.learn(Sum().add(16, 1), 0, 6);
  facts.learn(Sum().add(17, 1), 1, 5);
  facts.erase_changed(known);
  ASSERT_EQ(facts.facts().size(), 1u);
  EXPECT_TRUE(facts.facts()[0].has(16));
  ASSERT_EQ(facts.ranges().size(), 1u);
  EXPECT_TRUE(facts.ranges()[0].has(15));
}

TEST(FloorDivided, IsTheNextSmallerInteger) {
  for (int number = -9; number <= 9; number++) {
    for (int by : {-4, -3, -2, -1, 1, 2, 3, 4}) {
      const auto quotient = static_cast<int>(floor_divided(number, by));
      const double exact = static_cast<double>(number) / by;
      EXPECT_TRUE(quotient <= exact && quotient + 1 > exact) << number << " / " << by;
    }
  }
}

}  // namespace
}  // namespace perdita::verifier
