// SPDX-License-Identifier: Apache-2.0
//
// Known bits, ranges and their product against the concrete semantics: every simple number of 4 bits with every other,
// sets of 8 bits at random, and 64 bits at random.
#include "verifier/domain/number.h"

#include <gtest/gtest.h>

#include <random>

#include "verifier/domain/before.h"
#include "verifier/testing/concrete.h"

namespace perdita::verifier {
namespace {

using namespace domain;   // NOLINT: the room under test
using namespace testing;  // NOLINT

constexpr unsigned kW = 4;

class Exhaustive : public ::testing::Test {
 protected:
  Exhaustive() : numbers_(all_simple_numbers<kW>()) {
    for (const auto& n : numbers_) members_.push_back(members(n));
  }
  std::vector<Number<kW>> numbers_;
  std::vector<std::vector<uint64_t>> members_;
};

TEST_F(Exhaustive, ReduceRemovesNoMember) {
  for (uint64_t low = 0; low <= kMask<kW>; low++) {
    for (uint64_t high = low; high <= kMask<kW>; high++) {
      for (const auto& other : numbers_) {
        Number<kW> whole{other.bits, {low, high}, other.s};
        Number<kW> reduced = whole;
        bool some = reduce(reduced);
        ASSERT_EQ(some, !members(whole).empty()) << low << ".." << high;
        for (uint64_t word = 0; word <= kMask<kW>; word++) {
          ASSERT_EQ(whole.contains(word), some && reduced.contains(word)) << low << ".." << high << " word " << word;
        }
      }
    }
  }
}

TEST_F(Exhaustive, EveryOperationHoldsEveryResult) {
  for (Operation operation : kOperations) {
    for (size_t i = 0; i < numbers_.size(); i++) {
      for (size_t j = 0; j < numbers_.size(); j++) {
        Number<kW> result = apply(operation, numbers_[i], numbers_[j]);
        for (uint64_t a : members_[i]) {
          for (uint64_t b : members_[j]) {
            if (result.contains(concrete<kW>(operation, a, b))) continue;
            FAIL() << "operation " << static_cast<int>(operation) << " on " << a << ", " << b;
          }
        }
      }
    }
  }
}

// Each word of which the mask, or the shift, leaves a member is held. Where bits are all that is known, no other is.
TEST_F(Exhaustive, BeforeAMaskOrAShiftIsEveryWord) {
  size_t too_many = 0;
  for (size_t i = 0; i < numbers_.size(); i++) {
    const Number<kW>& left = numbers_[i];
    const bool by_bits = number_holding<kW>(members_[i]) == with_bits(Number<kW>::unknown(), left.bits);
    for (uint64_t by = 0; by <= kMask<kW>; by++) {
      const Number<kW> masked = before_mask(left, by);
      for (uint64_t word = 0; word <= kMask<kW>; word++) {
        const bool is_before = left.contains(word & by);
        if (is_before) {
          ASSERT_TRUE(masked.contains(word)) << word << " & " << by;
        }
        too_many += !is_before && by_bits && (left.bits.value & ~by) == 0 && masked.contains(word) ? 1 : 0;
        if (by >= kW) continue;
        const Number<kW> shifted = before_shift(left, static_cast<unsigned>(by));
        const bool was = left.contains(word >> by);
        if (was) {
          ASSERT_TRUE(shifted.contains(word)) << word << " >> " << by;
        }
        const bool possible = (left.u.min << by) <= kMask<kW> && (left.bits.value << by) <= kMask<kW>;
        too_many += !was && by_bits && possible && shifted.contains(word) ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(too_many, 0u);
}

TEST_F(Exhaustive, BeforeAndAfterAnOrIsEveryWord) {
  size_t too_many = 0;
  for (size_t i = 0; i < numbers_.size(); i++) {
    const Number<kW> side = before_or(numbers_[i]), both = after_or(numbers_[i]);
    for (uint64_t x = 0; x <= kMask<kW>; x++) {
      bool is_side = false, is_both = false;
      for (uint64_t word : members_[i]) {
        is_side = is_side || (word & x) == x;
        is_both = is_both || (word & x) == word;
      }
      if (is_side) {
        ASSERT_TRUE(side.contains(x));
      }
      if (is_both) {
        ASSERT_TRUE(both.contains(x));
      }
      too_many += (!is_side && side.contains(x) ? 1 : 0) + (!is_both && both.contains(x) ? 1 : 0);
    }
  }
  EXPECT_LE(too_many, 136u);  // ranges say less of bits than sets of words do
}

TEST_F(Exhaustive, NegationHoldsEveryResult) {
  for (size_t i = 0; i < numbers_.size(); i++) {
    for (uint64_t a : members_[i]) ASSERT_TRUE(neg(numbers_[i]).contains((0 - a) & kMask<kW>));
  }
}

TEST_F(Exhaustive, ConstantsGiveTheOneResult) {
  for (Operation operation : kOperations) {
    for (uint64_t a = 0; a <= kMask<kW>; a++) {
      for (uint64_t b = 0; b <= kMask<kW>; b++) {
        ASSERT_EQ(apply(operation, Number<kW>::constant(a), Number<kW>::constant(b)),
                  Number<kW>::constant(concrete<kW>(operation, a, b)))
            << "operation " << static_cast<int>(operation) << " on " << a << ", " << b;
      }
    }
  }
}

TEST_F(Exhaustive, ComparisonsKeepWhatMayBeAndTellWhatCannot) {
  for (Relation relation : kRelations) {
    for (size_t i = 0; i < numbers_.size(); i++) {
      for (size_t j = 0; j < numbers_.size(); j++) {
        Number<kW> a = numbers_[i], b = numbers_[j];
        bool possible = assume(relation, a, b);
        for (uint64_t x : members_[i]) {
          for (uint64_t y : members_[j]) {
            if (!holds<kW>(relation, x, y)) continue;
            ASSERT_TRUE(possible && a.contains(x) && b.contains(y))
                << "relation " << static_cast<int>(relation) << " on " << x << ", " << y;
          }
        }
      }
    }
  }
}

TEST_F(Exhaustive, OrderedComparisonsOfRangesAreExact) {
  for (Relation relation : {Relation::above, Relation::not_below, Relation::below, Relation::not_above}) {
    for (uint64_t limit = 0; limit <= kMask<kW>; limit++) {
      Number<kW> a, b = Number<kW>::constant(limit);
      bool possible = assume(relation, a, b);
      for (uint64_t word = 0; word <= kMask<kW>; word++) {
        EXPECT_EQ(possible && a.contains(word), holds<kW>(relation, word, limit));
      }
    }
  }
}

TEST(Tnums, WordsMoveToTheNextMember) {
  constexpr unsigned kBits = 6;
  for (uint64_t mask = 0; mask <= kMask<kBits>; mask++) {
    for (uint64_t value = 0; value <= kMask<kBits>; value++) {
      if ((value & mask) != 0) continue;
      const Tnum<kBits> bits{value, mask};
      // At the top of 64 bits, too.
      const Tnum<64> high{value << (64 - kBits), mask << (64 - kBits)};
      for (uint64_t word = 0; word <= kMask<kBits>; word++) {
        uint64_t above = word, below = word;
        while (above <= kMask<kBits> && !bits.contains(above)) above++;
        while (below <= kMask<kBits> && !bits.contains(below)) below--;  // wraps: there is none
        uint64_t up = word, down = word, high_up = word << (64 - kBits);
        ASSERT_EQ(raise_to_member(bits, up), above <= kMask<kBits>);
        ASSERT_EQ(lower_to_member(bits, down), below <= kMask<kBits>);
        ASSERT_EQ(raise_to_member(high, high_up), above <= kMask<kBits>);
        if (above <= kMask<kBits>) {
          ASSERT_EQ(up, above);
          ASSERT_EQ(high_up, above << (64 - kBits));
        }
        if (below <= kMask<kBits>) {
          ASSERT_EQ(down, below);
        }
      }
    }
  }
}

TEST(Relations, OppositeAndExchangedMeanWhatTheySay) {
  for (Relation relation : kRelations) {
    for (uint64_t a = 0; a <= kMask<kW>; a++) {
      for (uint64_t b = 0; b <= kMask<kW>; b++) {
        EXPECT_NE(holds<kW>(relation, a, b), holds<kW>(opposite(relation), a, b));
        EXPECT_EQ(holds<kW>(relation, a, b), holds<kW>(exchanged(relation), b, a));
      }
    }
  }
}

TEST_F(Exhaustive, JoinMeetAndCoversAgreeWithSets) {
  for (size_t i = 0; i < numbers_.size(); i++) {
    for (size_t j = 0; j < numbers_.size(); j++) {
      Number<kW> joined = join(numbers_[i], numbers_[j]);
      Number<kW> met = numbers_[i];
      bool some = meet(met, numbers_[j]);
      bool all_inside = true;
      for (uint64_t a : members_[i]) {
        ASSERT_TRUE(joined.contains(a));
        ASSERT_EQ(some && met.contains(a), numbers_[j].contains(a));
        all_inside = all_inside && numbers_[j].contains(a);
      }
      for (uint64_t b : members_[j]) ASSERT_TRUE(joined.contains(b));
      if (covers(numbers_[j], numbers_[i])) {
        ASSERT_TRUE(all_inside);
      }
    }
  }
}

TEST_F(Exhaustive, WidthChangesHoldEveryWord) {
  for (size_t i = 0; i < numbers_.size(); i++) {
    for (uint64_t a : members_[i]) {
      ASSERT_TRUE(truncate<2>(numbers_[i]).contains(a & 3));
      ASSERT_TRUE(zero_extend<8>(numbers_[i]).contains(a));
      ASSERT_TRUE(sign_extend<8>(numbers_[i]).contains(to_bits<8>(to_signed<kW>(a))));
    }
  }
}

// Sets of a few words of 8 bits: products of bits and both ranges that no simple number is.
TEST(Random, OperationsOnSetsOfBytes) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 4000; round++) {
    std::vector<uint64_t> left, right;
    for (uint64_t count = random() % 4; left.size() <= count;) left.push_back(random() & 0xff);
    for (uint64_t count = random() % 4; right.size() <= count;)
      right.push_back(random() & (round % 2 == 0 ? 0xff : 0xf));
    Number<8> a = number_holding<8>(left), b = number_holding<8>(right);
    for (Operation operation : kOperations) {
      Number<8> result = apply(operation, a, b);
      for (uint64_t x : members(a)) {
        for (uint64_t y : members(b)) {
          ASSERT_TRUE(result.contains(concrete<8>(operation, x, y)))
              << "operation " << static_cast<int>(operation) << " on " << x << ", " << y;
        }
      }
    }
    for (Relation relation : kRelations) {
      Number<8> c = a, d = b;
      bool possible = assume(relation, c, d);
      for (uint64_t x : members(a)) {
        for (uint64_t y : members(b)) {
          if (holds<8>(relation, x, y)) {
            ASSERT_TRUE(possible && c.contains(x) && d.contains(y));
          }
        }
      }
    }
  }
}

// 64-bit words near the edges where mistakes live: small numbers, powers of two and their neighbours, sign changes.
uint64_t edge_word(std::mt19937_64& random) {
  switch (random() % 5) {
    case 0:
      return random() % 16;
    case 1:
      return 0 - random() % 16;
    case 2:
      return (uint64_t{1} << (random() % 64)) - random() % 3;
    case 3:
      return random() & 0xffffffff;
    default:
      return random();
  }
}

TEST(Random, OperationsOn64Bits) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 20000; round++) {
    std::vector<uint64_t> left{edge_word(random), edge_word(random)}, right{edge_word(random), edge_word(random)};
    Number<64> a = number_holding<64>(left), b = number_holding<64>(right);
    for (Operation operation : kOperations) {
      Number<64> result = apply(operation, a, b);
      for (uint64_t x : left) {
        for (uint64_t y : right) {
          ASSERT_TRUE(result.contains(concrete<64>(operation, x, y)))
              << "operation " << static_cast<int>(operation) << " on " << x << ", " << y;
        }
      }
    }
    for (Relation relation : kRelations) {
      Number<64> c = a, d = b;
      bool possible = assume(relation, c, d);
      for (uint64_t x : left) {
        for (uint64_t y : right) {
          if (holds<64>(relation, x, y)) {
            ASSERT_TRUE(possible && c.contains(x) && d.contains(y));
          }
        }
      }
    }
    const uint64_t mask = right[0];
    const auto count = static_cast<unsigned>(right[1] % 64);
    const auto masked = number_holding<64>({left[0] & mask, left[1] & mask});
    const auto shifted = number_holding<64>({left[0] >> count, left[1] >> count});
    for (uint64_t x : left) {
      EXPECT_TRUE(before_mask(masked, mask).contains(x)) << x << " & " << mask;
      EXPECT_TRUE(before_shift(shifted, count).contains(x)) << x << " >> " << count;
      EXPECT_TRUE(swap_bytes(a, 8).contains(__builtin_bswap64(x)));
      EXPECT_TRUE(swap_bytes(a, 4).contains(__builtin_bswap32(static_cast<uint32_t>(x))));
      EXPECT_TRUE(swap_bytes(a, 2).contains(__builtin_bswap16(static_cast<uint16_t>(x))));
    }
  }
}

}  // namespace
}  // namespace perdita::verifier
