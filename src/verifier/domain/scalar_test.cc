// SPDX-License-Identifier: Apache-2.0
//
// The word and its low half together, exhaustively at 4 and 2 bits, and at random at 64 and 32.
#include "verifier/domain/scalar.h"

#include <gtest/gtest.h>

#include <random>

#include "verifier/testing/concrete.h"

namespace perdita::verifier {
namespace {

using namespace domain;   // NOLINT: the room under test
using namespace testing;  // NOLINT

using Small = Scalar<4, 2>;

std::vector<uint64_t> members(const Small& a) {
  std::vector<uint64_t> words;
  for (uint64_t word = 0; word < 16; word++) {
    if (a.contains(word)) words.push_back(word);
  }
  return words;
}

// Every simple number of the word with a sample of those of the low half, synchronised.
std::vector<Small> small_scalars() {
  std::vector<Small> all;
  auto lows = all_simple_numbers<2>();
  size_t turn = 0;
  for (const auto& wide : all_simple_numbers<4>()) {
    for (size_t k = 0; k < 3; k++) {
      Small a{wide, lows[turn++ % lows.size()]};
      if (sync(a)) all.push_back(a);
    }
  }
  return all;
}

TEST(ScalarTest, SyncRemovesNoMember) {
  for (const auto& wide : all_simple_numbers<4>()) {
    for (const auto& low : all_simple_numbers<2>()) {
      Small before{wide, low}, after = before;
      bool some = sync(after);
      ASSERT_EQ(some, !members(before).empty());
      for (uint64_t word = 0; word < 16; word++) ASSERT_EQ(before.contains(word), some && after.contains(word));
    }
  }
}

TEST(ScalarTest, WideAndLowOperationsHoldEveryResult) {
  auto all = small_scalars();
  for (size_t i = 0; i < all.size(); i++) {
    auto left = members(all[i]);
    for (size_t j = i % 7; j < all.size(); j += 7) {
      auto right = members(all[j]);
      for (Operation operation : kOperations) {
        Small wide = apply_wide(operation, all[i], all[j]), low = apply_low(operation, all[i], all[j]);
        for (uint64_t a : left) {
          for (uint64_t b : right) {
            ASSERT_TRUE(wide.contains(concrete<4>(operation, a, b)));
            ASSERT_TRUE(low.contains(concrete<2>(operation, a & 3, b & 3)));
          }
        }
      }
    }
  }
}

TEST(ScalarTest, WideAndLowComparisonsKeepWhatMayBe) {
  auto all = small_scalars();
  for (size_t i = 0; i < all.size(); i++) {
    auto left = members(all[i]);
    for (size_t j = i % 7; j < all.size(); j += 7) {
      auto right = members(all[j]);
      for (Relation relation : kRelations) {
        Small a = all[i], b = all[j], c = all[i], d = all[j];
        bool wide = assume_wide(relation, a, b), low = assume_low(relation, c, d);
        for (uint64_t x : left) {
          for (uint64_t y : right) {
            if (holds<4>(relation, x, y)) {
              ASSERT_TRUE(wide && a.contains(x) && b.contains(y));
            }
            if (holds<2>(relation, x & 3, y & 3)) {
              ASSERT_TRUE(low && c.contains(x) && d.contains(y));
            }
          }
        }
      }
    }
  }
}

TEST(ScalarTest, ExtensionsHoldEveryWord) {
  for (const auto& a : small_scalars()) {
    for (uint64_t word : members(a)) {
      for (unsigned bits = 1; bits <= 4; bits++) {
        uint64_t cut = word & ((uint64_t{1} << bits) - 1);
        bool negative = ((cut >> (bits - 1)) & 1) != 0;
        uint64_t filled = negative ? cut | (0xf & ~((uint64_t{1} << bits) - 1)) : cut;
        ASSERT_TRUE(zero_extended(a, bits).contains(cut)) << bits;
        ASSERT_TRUE(sign_extended(a, bits).contains(filled)) << bits;
      }
    }
  }
}

TEST(ScalarTest, RandomWordsOf64Bits) {
  std::mt19937_64 random(3);
  auto word = [&random]() -> uint64_t {
    switch (random() % 4) {
      case 0:
        return random() % 64;
      case 1:
        return static_cast<uint64_t>(-static_cast<int64_t>(random() % 64));
      case 2:
        return (random() << 32) + random() % 16;
      default:
        return random() & 0xffffffff;
    }
  };
  auto hold = [](const std::vector<uint64_t>& words) {
    Scalar64 a = Scalar64::constant(words[0]);
    for (uint64_t w : words) a = join(a, Scalar64::constant(w));
    EXPECT_TRUE(sync(a));
    return a;
  };
  for (int round = 0; round < 20000; round++) {
    std::vector<uint64_t> left{word(), word()}, right{word(), word()};
    Scalar64 a = hold(left), b = hold(right);
    for (Operation operation : kOperations) {
      Scalar64 wide = apply_wide(operation, a, b), low = apply_low(operation, a, b);
      for (uint64_t x : left) {
        for (uint64_t y : right) {
          ASSERT_TRUE(wide.contains(concrete<64>(operation, x, y))) << static_cast<int>(operation);
          ASSERT_TRUE(low.contains(concrete<32>(operation, x & kMask<32>, y & kMask<32>)));
        }
      }
    }
    for (Relation relation : kRelations) {
      Scalar64 c = a, d = b, e = a, f = b;
      bool wide = assume_wide(relation, c, d), low = assume_low(relation, e, f);
      for (uint64_t x : left) {
        for (uint64_t y : right) {
          if (holds<64>(relation, x, y)) {
            ASSERT_TRUE(wide && c.contains(x) && d.contains(y));
          }
          if (holds<32>(relation, x & kMask<32>, y & kMask<32>)) {
            ASSERT_TRUE(low && e.contains(x) && f.contains(y));
          }
        }
      }
    }
    for (unsigned bits : {8u, 16u, 32u}) {
      for (uint64_t x : left) {
        uint64_t cut = x & ((uint64_t{1} << bits) - 1);
        EXPECT_TRUE(zero_extended(a, bits).contains(cut));
        EXPECT_TRUE(sign_extended(a, bits).contains(
            static_cast<uint64_t>(static_cast<int64_t>(x << (64 - bits)) >> (64 - bits))));
      }
    }
  }
}

// A 32-bit comparison says nothing about the upper half, whatever it says about the lower one.
TEST(ScalarTest, LowComparisonLeavesTheUpperHalfAlone) {
  Scalar64 a = Scalar64::unknown(), limit = Scalar64::constant(10);
  ASSERT_TRUE(assume_low(Relation::below, a, limit));
  EXPECT_TRUE(a.contains(0xffffffff00000009));
  EXPECT_FALSE(a.contains(0xffffffff0000000a));
}

TEST(ScalarTest, LowComparisonSharpensAWordWhoseUpperHalfIsKnown) {
  Scalar64 a = unsigned_scalar<64, 32>(0, 0xffffffff), limit = Scalar64::constant(10);
  ASSERT_TRUE(assume_low(Relation::below, a, limit));
  EXPECT_EQ(a.wide.u.max, 9u);
}

TEST(ScalarTest, SignExtensionOfASmallSignedRangeIsExact) {
  Scalar64 a = zero_extended(signed_scalar<64, 32>(-5, 5), 32);
  Scalar64 b = sign_extended(a, 32);
  EXPECT_EQ(b.wide.s.min, -5);
  EXPECT_EQ(b.wide.s.max, 5);
}

}  // namespace
}  // namespace perdita::verifier
