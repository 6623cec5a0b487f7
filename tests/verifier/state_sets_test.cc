// SPDX-License-Identifier: Apache-2.0
//
// Order, join and widening of states against what states mean: the sets of what registers may hold. Small states of
// numbers, pointers and halves of pointers, with names that are shared, lasting or missing, and facts about them; every
// way to fill the registers is tried.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <span>

#include "known_today.h"
#include "verifier/lattice.h"
#include "verifier/widen.h"

namespace perdita::verifier {
namespace {

constexpr size_t kRegs = 3;
constexpr int64_t kLeast = -1, kMost = 4, kLongest = 3;  // of a number or an offset, of the packet
constexpr int64_t kFarthest = 7;                         // that a number is looked for which no register has
constexpr uint32_t kIds = 3, kLasting = kFirstFreeId + 1;

// What the registers hold, numbers or offsets, and the packet's size.
struct Concrete {
  std::array<int64_t, kRegs> words;
  int64_t size;
};

using Names = std::map<uint32_t, int64_t>;

// Facts about several numbers: whether there is a number for each name that no register has, so that all are true.
bool holds(const LinearFacts& linear, Names names) {
  std::vector<uint32_t> unknown;
  auto note = [&](std::span<const Term> terms) {
    for (const Term& term : terms) {
      if (term.factor != 0 && !names.contains(term.id)) unknown.push_back(term.id), names[term.id] = kFarthest;
    }
  };
  for (const auto* facts : {&linear.facts(), &linear.ranges()}) {
    for (const Linear& fact : *facts) note(fact.terms);
  }
  for (const Sum& sum : linear.modular()) note(sum.terms());
  auto value_of = [&names](const Sum& sum) {
    auto value = static_cast<int64_t>(sum.constant());
    for (const Term& term : sum.terms()) value += term.factor * names.at(term.id);
    return value;
  };
  auto within = [&](const Linear& fact) {
    const int64_t value = value_of(fact.sum());
    return (fact.least == INT64_MIN || fact.least <= value) && (fact.most == INT64_MAX || value <= fact.most);
  };
  for (const Condition& condition : linear.conditions()) {
    if (!names.contains(condition.a) || !names.contains(condition.b)) continue;
    Scalar64 a = Scalar64::constant(static_cast<uint64_t>(names[condition.a] + condition.fixed_a)),
             b = Scalar64::constant(static_cast<uint64_t>(names[condition.b] + condition.fixed_b));
    if (condition.wide ? !domain::assume_wide(condition.relation, a, b) : !domain::assume_low(condition.relation, a, b))
      return false;
  }
  // All numbers of the unknown, from the highest on; there are few of them.
  for (bool more = true; more;) {
    if (std::all_of(linear.facts().begin(), linear.facts().end(), within) &&
        std::all_of(linear.ranges().begin(), linear.ranges().end(), within) &&
        std::all_of(linear.modular().begin(), linear.modular().end(),
                    [&](const Sum& sum) { return value_of(sum) % (int64_t{1} << 32) == 0; }))
      return true;
    more = false;
    for (size_t i = 0; i < unknown.size() && !more; i++) {
      more = --names[unknown[i]] >= -kFarthest;
      if (!more) names[unknown[i]] = kFarthest;
    }
  }
  return false;
}

// The numbers that have names, where the state describes this; nothing where it does not.
std::optional<Names> names_in(const State& state, const Concrete& concrete) {
  Names names{{kPacketSizeId, concrete.size}};
  if (!state.packet_size.contains(static_cast<uint64_t>(concrete.size))) return std::nullopt;
  for (size_t i = 0; i < kRegs; i++) {
    const RegValue& value = state.regs[i];
    if (!value.is_readable()) continue;
    const int64_t word = concrete.words[i];
    const int64_t variable = value.is_scalar() ? word : word - value.fixed;
    if (!value.value.contains(static_cast<uint64_t>(variable))) return std::nullopt;
    const uint32_t id = number_id(value);
    if (id == kNoId) continue;
    if (auto [at, is_new] = names.try_emplace(id, word - value.fixed); !is_new && at->second != word - value.fixed) {
      return std::nullopt;
    }
  }
  for (const Difference& fact : state.differences) {
    auto a = names.find(fact.a), b = names.find(fact.b);
    if (a != names.end() && b != names.end() && a->second - b->second > fact.most) return std::nullopt;
  }
  if (!holds(state.linear, names)) return std::nullopt;
  return names;
}

std::string shown(const State& state) {
  std::string text = "\n  lasting " + std::to_string(state.lasting_ids) + ", size " +
                     std::to_string(state.packet_size.wide.u.min) + ".." + std::to_string(state.packet_size.wide.u.max);
  for (size_t i = 0; i < kRegs; i++) {
    const RegValue& value = state.regs[i];
    text += "; kind " + std::to_string(static_cast<int>(value.kind)) + " " + std::to_string(value.value.wide.s.min) +
            ".." + std::to_string(value.value.wide.s.max) + " of " + std::to_string(number_id(value)) + " and " +
            std::to_string(value.fixed);
  }
  for (const Difference& fact : state.differences) {
    text += "; " + std::to_string(fact.a) + " - " + std::to_string(fact.b) + " <= " + std::to_string(fact.most);
  }
  for (const auto* facts : {&state.linear.facts(), &state.linear.ranges()}) {
    for (const Linear& fact : *facts) {
      text += "; " + std::to_string(fact.least) + " <=";
      for (const Term& term : fact.terms) {
        if (term.factor != 0) text += " + " + std::to_string(term.factor) + " * " + std::to_string(term.id);
      }
      text += " <= " + std::to_string(fact.most);
    }
  }
  return text;
}

class StateSets : public ::testing::Test {
 protected:
  StateSets() {
    for (unsigned i = 0; i < 6 * 6 * 6; i++) {
      for (int64_t size = 0; size <= kLongest; size++) {
        all_.push_back({{kLeast + i % 6, kLeast + i / 6 % 6, kLeast + i / 36}, size});
      }
    }
  }

  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  bool one_in(uint64_t n) { return random_() % n == 0; }

  // Its kinds are the same for the same `kinds`.
  RegValue value(unsigned kind, const State& state) {
    const int64_t low = between(kLeast, kMost - 1), fixed = between(-1, 1);
    Scalar64 range = domain::signed_scalar<64, 32>(one_in(3) ? kLeast : low, one_in(3) ? kMost : between(low, kMost));
    const uint32_t id = one_in(4) ? kNoId : kFirstFreeId + static_cast<uint32_t>(random_() % (one_in(2) ? 1 : kIds));
    switch (kind) {
      case 0: {
        if (one_in(6)) return RegValue::constant(static_cast<uint64_t>(low));
        if (one_in(8)) return RegValue::scalar(moved_by(state.packet_size, fixed), kPacketSizeId, fixed);
        return RegValue::scalar(range, id, id == kNoId ? 0 : fixed);
      }
      case 1: {
        RegValue pointer = RegValue::pointer(RegKind::map_value, fixed);
        if (one_in(6)) return pointer;
        pointer.value = moved_by(range, -fixed);
        if (!pointer.value.is_constant() || id != kNoId) pointer.offset_id = id;
        return pointer;
      }
      default: {
        RegValue pointer = RegValue::pointer(RegKind::packet, fixed);
        if (id != kNoId) {
          pointer.id = id;
          pointer.value = moved_by(range, -fixed);
        }
        if (kind == 3) {
          pointer.half_of = RegKind::packet;
          pointer.kind = RegKind::pointer_half;
        }
        return pointer;
      }
    }
  }

  void learn(State& state, unsigned facts) {
    for (unsigned i = 0; i < facts; i++) {
      auto id = [&] { return one_in(4) ? kPacketSizeId : number_id(state.regs[random_() % kRegs]); };
      const uint32_t a = id(), b = id();
      if (a != kNoId && b != kNoId) state.learn(a, b, between(-2, 3));
    }
  }

  // Facts about several numbers, one of which may be a name that no register has.
  void learn_of_several(State& state) {
    const uint32_t gone = kFirstFreeId + kIds + 3;
    for (uint64_t facts = random_() % 3; facts > 0; facts--) {
      Sum sum;
      for (uint64_t terms = 2 + random_() % 2; terms > 0; terms--) {
        const uint32_t id = one_in(4) ? kPacketSizeId : one_in(6) ? gone : number_id(state.regs[random_() % kRegs]);
        if (id != kNoId) sum.add(id, between(1, 2) * (one_in(2) ? 1 : -1));
      }
      const int64_t least = between(-4, 4);
      if (one_in(6)) {
        state.linear.learn_modular(sum);
      } else {
        state.linear.learn(sum, one_in(3) ? INT64_MIN : least, one_in(3) ? INT64_MAX : least + between(0, 4));
      }
      if (sum.factor_of(gone) != 0) state.linear.learn(Sum().add(gone, 1), -2, 3);
    }
    for (uint64_t conditions = random_() % 2; conditions > 0; conditions--) {
      constexpr domain::Relation kRelations[] = {domain::Relation::below, domain::Relation::not_above,
                                                 domain::Relation::less, domain::Relation::not_equal,
                                                 domain::Relation::greater};
      const RegValue &a = state.regs[random_() % kRegs], &b = state.regs[random_() % kRegs];
      const uint32_t first = one_in(4) ? kPacketSizeId : number_id(a), second = number_id(b);
      if (first == kNoId || second == kNoId) continue;
      state.linear.learn_condition({first, second, between(-1, 1), 0, kRelations[random_() % 5], !one_in(4)});
    }
  }

  // What one value says about a number, the others know, too; as it is wherever something is learnt. What then
  // describes nothing stays as it is.
  void agree(State& state) {
    State agreeing = state;
    for (size_t i = 0; i < kRegs; i++) {
      if (!agreeing.narrow(number_id(agreeing.regs[i]), base_of(agreeing.regs[i]))) return;
    }
    // A value that became a constant has no name any more. Facts about that name would say something about the others,
    // as there is some number that it is; names_in() knows only numbers that it sees.
    agreeing.drop_unused_differences();
    state = std::move(agreeing);
  }

  State state(const std::array<unsigned, kRegs>& kinds, uint32_t lasting, bool linear = false) {
    State state;
    state.frames.emplace_back();
    const int64_t shortest = between(0, kLongest);
    state.packet_size = domain::signed_scalar<64, 32>(one_in(2) ? 0 : shortest, kLongest);
    for (size_t i = 0; i < kRegs; i++) state.regs[i] = value(kinds[i], state);
    learn(state, static_cast<unsigned>(random_() % 4));
    if (linear) learn_of_several(state);
    state.drop_unused_differences();
    state.lasting_ids = lasting;
    agree(state);
    return state;
  }

  // One like it: with other values here and there, and other facts, but mostly more that is known than less.
  State one_like(const State& outer, const std::array<unsigned, kRegs>& kinds, bool linear = false) {
    State inner = outer;
    for (size_t i = 0; i < kRegs; i++) {
      if (one_in(4)) inner.regs[i] = value(kinds[i], inner);
      Scalar64 narrower = inner.regs[i].value;
      if (one_in(2) && domain::meet(narrower, domain::signed_scalar<64, 32>(between(-2, 1), between(2, 5)))) {
        inner.regs[i].value = narrower;
      }
    }
    learn(inner, static_cast<unsigned>(random_() % 3));
    if (linear) learn_of_several(inner);
    inner.drop_unused_differences();
    agree(inner);
    return inner;
  }

  std::array<unsigned, kRegs> kinds() {
    std::array<unsigned, kRegs> kinds{};
    const unsigned pointers = one_in(2) ? 1 : 2;  // into a map's value; into the packet, and their halves
    for (unsigned& kind : kinds) kind = one_in(2) ? 0 : pointers + static_cast<unsigned>(random_() % pointers);
    return kinds;
  }

  // Whether `outer` describes all that `inner` does, what lasts being the same number in both.
  bool holds_all(const State& outer, const State& inner) {
    for (const Concrete& concrete : all_) {
      std::optional<Names> inside = names_in(inner, concrete);
      if (!inside) continue;
      std::optional<Names> outside = names_in(outer, concrete);
      if (!outside) return false;
      for (const auto& [id, number] : *outside) {
        if (id >= outer.lasting_ids) continue;
        auto same = inside->find(id);
        if (same == inside->end() || same->second != number) return false;
      }
    }
    return true;
  }

  std::mt19937_64 random_{1};
  std::vector<Concrete> all_;
};

TEST_F(StateSets, WhatIsCoveredIsDescribed) {
  unsigned covered = 0, not_covered = 0;
  for (unsigned round = 0; round < 60'000; round++) {
    const auto both = kinds();
    const uint32_t lasting = one_in(3) ? kLasting : 0;
    const State outer = state(both, lasting), inner = one_in(4) ? state(both, lasting) : one_like(outer, both);
    if (!covers(outer, inner)) {
      not_covered++;
      continue;
    }
    covered++;
    ASSERT_TRUE(holds_all(outer, inner)) << "round " << round;
  }
  EXPECT_GE(covered, known_today(23188));
  EXPECT_GT(not_covered, 1000u);
}

TEST_F(StateSets, JoinAndWideningDescribeBoth) {
  const std::vector<int64_t> thresholds{0, 2, 3};
  uint32_t next_id = 100;
  size_t facts = 0;
  for (unsigned round = 0; round < 3000; round++) {
    const auto both = kinds();
    const uint32_t lasting = one_in(3) ? kLasting : 0;
    const State a = state(both, lasting), b = state(both, lasting);
    const State joined = join(a, b, next_id), wider = widen(a, b, next_id, thresholds, one_in(4));
    facts += joined.differences.size();
    for (const State* outer : {&joined, &wider}) {
      EXPECT_TRUE(holds_all(*outer, a) && holds_all(*outer, b))
          << "round " << round << shown(a) << shown(b) << shown(*outer);
      EXPECT_TRUE(covers(*outer, a) && covers(*outer, b)) << "round " << round << shown(a) << shown(b) << shown(*outer);
      EXPECT_TRUE(covers(*outer, *outer)) << "round " << round << shown(a) << shown(b) << shown(*outer);
      EXPECT_EQ(outer->lasting_ids, lasting);
    }
  }
  EXPECT_GE(facts, known_today(3302));
}

// The same with facts about several numbers. What is lost of them shows, too: after a change that is meant, the figures
// as they are.
TEST_F(StateSets, WhatIsCoveredIsDescribedWithLinearFacts) {
  unsigned covered = 0;
  for (unsigned round = 0; round < 12'000; round++) {
    const auto both = kinds();
    const uint32_t lasting = one_in(3) ? kLasting : 0;
    const State outer = state(both, lasting, true),
                inner = one_in(4) ? state(both, lasting, one_in(2)) : one_like(outer, both, one_in(2));
    if (!covers(outer, inner)) continue;
    covered++;
    ASSERT_TRUE(holds_all(outer, inner)) << "round " << round << shown(outer) << shown(inner);
  }
  EXPECT_GE(covered, known_today(4373));
}

TEST_F(StateSets, JoinAndWideningDescribeBothWithLinearFacts) {
  const std::vector<int64_t> thresholds{0, 2, 3};
  uint32_t next_id = 100;
  size_t facts = 0, widened = 0, conditions = 0;
  for (unsigned round = 0; round < 2000; round++) {
    const auto both = kinds();
    const uint32_t lasting = one_in(3) ? kLasting : 0;
    const State a = state(both, lasting, true);
    const State b = one_in(3) ? state(both, lasting, true) : one_like(a, both, one_in(3));
    const State joined = join(a, b, next_id), wider = widen(a, b, next_id, thresholds, one_in(4));
    for (const State* outer : {&joined, &wider}) {
      ASSERT_TRUE(holds_all(*outer, a) && holds_all(*outer, b))
          << "round " << round << shown(a) << shown(b) << shown(*outer);
      ASSERT_TRUE(covers(*outer, *outer)) << "round " << round << shown(a) << shown(b) << shown(*outer);
    }
    facts += joined.linear.facts().size() + joined.linear.ranges().size() + joined.linear.modular().size();
    conditions += joined.linear.conditions().size();
    widened += wider.linear.facts().size() + wider.linear.ranges().size();
  }
  EXPECT_GE(facts, known_today(3282));
  EXPECT_GE(widened, known_today(1235));
  EXPECT_GE(conditions, known_today(221));
}

TEST_F(StateSets, WideningEnds) {
  uint32_t next_id = 100;
  unsigned most = 0;
  for (unsigned chain = 0; chain < 60; chain++) {
    const auto both = kinds();
    State known = state(both, 0);
    unsigned grown = 0;
    for (unsigned i = 0; i < 300; i++) {
      const State next = state(both, 0);
      if (covers(known, next)) continue;
      known = widen(known, next, next_id);
      ASSERT_TRUE(covers(known, next)) << "chain " << chain;
      grown++;
    }
    most = std::max(most, grown);
  }
  EXPECT_LT(most, 20u);
  EXPECT_GT(most, 2u);
}

}  // namespace
}  // namespace perdita::verifier
