// SPDX-License-Identifier: Apache-2.0
#include "isa/reference.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace perdita::isa {
namespace {

constexpr uint64_t kTop = uint64_t{1} << 63;
constexpr uint64_t kTop32 = uint64_t{1} << 31;
constexpr uint64_t kJunk = 0xdeadbeef00000000;  // an upper half that 32-bit operations must neither see nor keep

Insn by_register(uint8_t group, uint8_t op, int16_t offset = 0) {
  return {static_cast<uint8_t>(group | op | kX), make_regs(1, 2), offset, 0};
}
Insn by_number(uint8_t group, uint8_t op, int32_t imm, int16_t offset = 0) {
  return {static_cast<uint8_t>(group | op | kK), 1, offset, imm};
}

uint64_t alu64(uint8_t op, uint64_t dst, uint64_t src, int16_t offset = 0) {
  return reference_arithmetic(by_register(kAlu64, op, offset), dst, src);
}
uint64_t alu32(uint8_t op, uint64_t dst, uint64_t src, int16_t offset = 0) {
  return reference_arithmetic(by_register(kAlu, op, offset), dst | kJunk, src | kJunk);
}

TEST(Reference, DivisionsAtTheirEdges) {
  EXPECT_EQ(alu64(kDiv, 7, 0), 0u);
  EXPECT_EQ(alu64(kMod, 7, 0), 7u);
  EXPECT_EQ(alu64(kDiv, 7, 0, 1), 0u);
  EXPECT_EQ(alu64(kMod, ~uint64_t{6}, 0, 1), ~uint64_t{6});
  EXPECT_EQ(alu64(kDiv, kTop, ~uint64_t{0}, 1), kTop);
  EXPECT_EQ(alu64(kMod, kTop, ~uint64_t{0}, 1), 0u);
  EXPECT_EQ(alu64(kDiv, kTop, ~uint64_t{0}), 0u);
  EXPECT_EQ(alu64(kMod, static_cast<uint64_t>(-13), 4, 1), static_cast<uint64_t>(-1)) << "the sign of the dividend";
  EXPECT_EQ(alu64(kMod, 13, static_cast<uint64_t>(-4), 1), 1u);
  EXPECT_EQ(alu64(kDiv, static_cast<uint64_t>(-13), 4, 1), static_cast<uint64_t>(-3)) << "towards zero";

  EXPECT_EQ(alu32(kDiv, 7, 0), 0u) << "the divisor's lower half is zero, whatever stands above";
  EXPECT_EQ(alu32(kMod, 7, 0), 7u) << "and the upper half is cleared";
  EXPECT_EQ(alu32(kDiv, kTop32, 0xffffffff, 1), kTop32);
  EXPECT_EQ(alu32(kMod, kTop32, 0xffffffff, 1), 0u);
  EXPECT_EQ(alu32(kMod, 0xfffffff3, 4, 1), 0xffffffffu);
}

TEST(Reference, NumbersAreExtendedWithTheirSign) {
  EXPECT_EQ(reference_arithmetic(by_number(kAlu64, kMov, -1), 0, 0), ~uint64_t{0});
  EXPECT_EQ(reference_arithmetic(by_number(kAlu, kMov, -1), 0, 0), 0xffffffffu);
  EXPECT_EQ(reference_arithmetic(by_number(kAlu64, kDiv, -10), ~uint64_t{0}, 0), 1u) << "unsigned 2^64 - 10";
  EXPECT_EQ(reference_arithmetic(by_number(kAlu, kDiv, -10), 0xffffffff, 0), 1u) << "unsigned 2^32 - 10";
  EXPECT_EQ(reference_arithmetic(by_number(kAlu64, kAnd, -8), ~uint64_t{0}, 0), ~uint64_t{7});
  EXPECT_TRUE(reference_taken(by_number(kJmp, kJeq, -1), ~uint64_t{0}, 0));
  EXPECT_FALSE(reference_taken(by_number(kJmp, kJeq, -1), 0xffffffff, 0));
  EXPECT_TRUE(reference_taken(by_number(kJmp32, kJeq, -1), 0xffffffff, 0));
}

TEST(Reference, ShiftsTakeTheirCountFromTheLowBits) {
  EXPECT_EQ(alu64(kLsh, 1, 65), 2u);
  EXPECT_EQ(alu64(kRsh, kTop, 63 + 64), 1u);
  EXPECT_EQ(alu64(kArsh, kTop, 63), ~uint64_t{0});
  EXPECT_EQ(alu32(kLsh, 1, 33), 2u);
  EXPECT_EQ(alu32(kRsh, kTop32, 31), 1u);
  EXPECT_EQ(alu32(kArsh, kTop32, 31), 0xffffffffu);
}

TEST(Reference, MovesNegationsAndSwaps) {
  EXPECT_EQ(alu64(kMov, 0, 0x80, 8), static_cast<uint64_t>(-128));
  EXPECT_EQ(alu64(kMov, 0, 0x12348000, 16), static_cast<uint64_t>(-32768));
  EXPECT_EQ(alu64(kMov, 0, kTop32, 32), 0xffffffff80000000u);
  EXPECT_EQ(alu32(kMov, 0, 0x80, 8), 0xffffff80u);
  EXPECT_EQ(alu32(kMov, 0, 5), 5u);
  EXPECT_EQ(reference_arithmetic({kAlu64 | kNeg, 1, 0, 0}, kTop, 0), kTop);
  EXPECT_EQ(reference_arithmetic({kAlu | kNeg, 1, 0, 0}, kJunk | 1, 0), 0xffffffffu);
  const uint64_t value = 0x1122334455667788;
  const auto swap = [&](uint8_t opcode, int32_t bits) { return reference_arithmetic({opcode, 1, 0, bits}, value, 0); };
  EXPECT_EQ(swap(kAlu | kEnd, 16), 0x7788u);
  EXPECT_EQ(swap(kAlu | kEnd, 64), value);
  EXPECT_EQ(swap(kAlu | kEnd | kX, 16), 0x8877u);
  EXPECT_EQ(swap(kAlu | kEnd | kX, 32), 0x88776655u);
  EXPECT_EQ(swap(kAlu64 | kEnd, 32), 0x88776655u);
  EXPECT_EQ(swap(kAlu64 | kEnd, 64), 0x8877665544332211u);
}

// Values at which carries, signs and halves change.
std::vector<uint64_t> edges() {
  std::vector<uint64_t> out;
  for (uint64_t base : {uint64_t{0}, uint64_t{1} << 7, uint64_t{1} << 15, kTop32, uint64_t{1} << 32, kTop}) {
    for (uint64_t delta : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{2}, ~uint64_t{1}}) {
      out.push_back(base + delta);
    }
  }
  return out;
}

// Laws that hold between instructions, whatever the values: each side is computed another way.
TEST(Reference, LawsBetweenInstructions) {
  for (uint64_t a : edges()) {
    for (uint64_t b : edges()) {
      SCOPED_TRACE(testing::Message() << a << ", " << b);
      EXPECT_EQ(alu64(kSub, alu64(kAdd, a, b), b), a);
      EXPECT_EQ(alu64(kXor, alu64(kXor, a, b), b), a);
      EXPECT_EQ(alu64(kAdd, alu64(kAnd, a, b), alu64(kOr, a, b)), a + b);
      uint64_t product = 0;
      for (unsigned bit = 0; bit < 64; bit++) product += (b >> bit & 1) != 0 ? alu64(kLsh, a, bit) : 0;
      EXPECT_EQ(alu64(kMul, a, b), product);
      for (int16_t is_signed : {0, 1}) {
        const uint64_t quotient = alu64(kDiv, a, b, is_signed);
        const uint64_t rest = alu64(kMod, a, b, is_signed);
        EXPECT_EQ(alu64(kAdd, alu64(kMul, quotient, b), rest), a);
        // Operations of 32 bits agree with those of 64 on operands extended accordingly.
        const auto wide = [&](uint64_t value) {
          return is_signed != 0 ? static_cast<uint64_t>(int64_t{static_cast<int32_t>(value)}) : value & 0xffffffff;
        };
        EXPECT_EQ(alu32(kDiv, a & 0xffffffff, b & 0xffffffff, is_signed),
                  alu64(kDiv, wide(a), wide(b), is_signed) & 0xffffffff);
      }
      for (uint8_t op : {kAdd, kSub, kMul, kOr, kAnd, kXor}) {
        EXPECT_EQ(reference_arithmetic(by_register(kAlu, op), a, b), alu64(op, a, b) & 0xffffffff);
      }
      for (uint8_t group : {kJmp, kJmp32}) {
        const auto taken = [&](uint8_t op, uint64_t left, uint64_t right) {
          return reference_taken(by_register(group, op), left, right);
        };
        EXPECT_NE(taken(kJeq, a, b), taken(kJne, a, b));
        EXPECT_NE(taken(kJgt, a, b), taken(kJle, a, b));
        EXPECT_NE(taken(kJge, a, b), taken(kJlt, a, b));
        EXPECT_NE(taken(kJsgt, a, b), taken(kJsle, a, b));
        EXPECT_NE(taken(kJsge, a, b), taken(kJslt, a, b));
        EXPECT_EQ(taken(kJgt, a, b), taken(kJlt, b, a));
        EXPECT_EQ(taken(kJsgt, a, b), taken(kJslt, b, a));
        // Comparing with sign is comparing without it once the sign bit is flipped.
        const uint64_t sign = group == kJmp ? kTop : kTop32;
        EXPECT_EQ(taken(kJsgt, a, b), taken(kJgt, a ^ sign, b ^ sign));
      }
      EXPECT_EQ(reference_taken(by_register(kJmp32, kJset), a, b), (a & b & 0xffffffff) != 0);
    }
  }
}

TEST(Reference, LoadsExtend) {
  const uint64_t bits = 0x8899aabbccddeeff;
  const auto loaded = [&](uint8_t mode, uint8_t size) {
    return reference_loaded({static_cast<uint8_t>(kLdx | mode | size), 0, 0, 0}, bits);
  };
  EXPECT_EQ(loaded(kMem, kB), 0xffu);
  EXPECT_EQ(loaded(kMem, kH), 0xeeffu);
  EXPECT_EQ(loaded(kMem, kW), 0xccddeeffu);
  EXPECT_EQ(loaded(kMem, kDw), bits);
  EXPECT_EQ(loaded(kMemSx, kB), ~uint64_t{0});
  EXPECT_EQ(loaded(kMemSx, kH), 0xffffffffffffeeffu);
  EXPECT_EQ(loaded(kMemSx, kW), 0xffffffffccddeeffu);
}

TEST(Reference, AtomicsFetchAndWrap) {
  const auto step = [](uint8_t size, int32_t op, uint64_t memory, uint64_t src, uint64_t r0) {
    return reference_atomic({static_cast<uint8_t>(kStx | kAtomic | size), make_regs(1, 2), 0, op}, memory, src, r0);
  };
  AtomicOutcome outcome = step(kW, kAdd, 0xffffffff, kJunk | 2, 9);
  EXPECT_EQ(outcome.memory, 1u);
  EXPECT_EQ(outcome.src, kJunk | 2) << "nothing is fetched";
  outcome = step(kW, kAdd | kFetch, 0xffffffff, kJunk | 2, 9);
  EXPECT_EQ(outcome.memory, 1u);
  EXPECT_EQ(outcome.src, 0xffffffffu) << "the upper half is cleared";
  EXPECT_EQ(outcome.r0, 9u);
  outcome = step(kDw, kXor | kFetch, 0xff, 0x0f, 9);
  EXPECT_EQ(outcome.memory, 0xf0u);
  EXPECT_EQ(outcome.src, 0xffu);
  outcome = step(kW, kXchg, 5, kJunk | 7, 9);
  EXPECT_EQ(outcome.memory, 7u);
  EXPECT_EQ(outcome.src, 5u);
  outcome = step(kW, kCmpxchg, 5, 7, kJunk | 5);
  EXPECT_EQ(outcome.memory, 7u) << "32 bits of r0 are compared";
  EXPECT_EQ(outcome.r0, 5u);
  EXPECT_EQ(outcome.src, 7u);
  outcome = step(kDw, kCmpxchg, 5, 7, kJunk | 5);
  EXPECT_EQ(outcome.memory, 5u);
  EXPECT_EQ(outcome.r0, 5u) << "what was there, exchanged or not";
}

}  // namespace
}  // namespace perdita::isa
