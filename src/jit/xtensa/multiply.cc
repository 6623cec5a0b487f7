// SPDX-License-Identifier: Apache-2.0
//
// Products, quotients and remainders (RFC 9669, section 4.1). There is no instruction for the upper word of a product,
// and none that divides.
#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

namespace {

// Routines (docs/spec/calling.md): of 64 bits, and of words behind them.
constexpr uint32_t kWordDivisions = 16;

}  // namespace

void Generator::multiply_words() {
  const Reg d = low(insn_.dst());
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_register()) return code().operate(Op::mull, d, left(), low(insn_.src()));
  if (value == 0) return constant(d, 0);
  if (value == UINT32_MAX) return code().negate(d, left());
  if (value == 3 || value == 5 || value == 9) {
    return code().operate(value == 3 ? Op::addx2 : value == 5 ? Op::addx4 : Op::addx8, d, left(), left());
  }
  if (power_of_two(value)) {
    if (value != 1) code().shift(Shift::left, d, left(), log2_of(value));
    return;
  }
  operate(Op::mull, d, left(), number(value), kScratch);
}

// a9 = the upper word of x * y, from the products of their halves. Of 16 bits of y, two products do.
void Generator::product_of_words(Reg x, Word y) {
  const Reg half = third();
  // The low halves' product, then the first mixed one, which still fits.
  code().operate(Op::mul16u, kScratch, x, in_register(y, kOther));
  code().extract(kScratch, kScratch, 16, 16);
  code().extract(kOther, x, 16, 16);
  code().operate(Op::mul16u, half, kOther, in_register(y, half));
  code().operate(Op::add, kScratch, kScratch, half);
  if (y.known && y.value < 0x10000) return code().extract(kOther, kScratch, 16, 16);
  const auto upper_half = [this, half, y] {
    if (y.known) {
      constant(half, y.value >> 16);
    } else {
      code().extract(half, y.reg, 16, 16);
    }
  };
  upper_half();
  code().operate(Op::mul16u, kOther, kOther, half);
  code().extract(half, kScratch, 16, 16);
  code().operate(Op::add, kOther, kOther, half);
  code().extract(kScratch, kScratch, 0, 16);
  upper_half();
  code().operate(Op::mul16u, half, x, half);
  code().operate(Op::add, kScratch, kScratch, half);
  code().extract(kScratch, kScratch, 16, 16);
  code().operate(Op::add, kOther, kOther, kScratch);
}

// The product's upper word: that of the low words' product, and both mixed products, of which the low words count.
void Generator::multiply64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg d = low(dst);
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (!upper_wanted(dst)) return multiply_words();
  if (!by_register() && value == 0) {
    constant(d, 0);
    return set_upper(dst, 0);
  }
  const bool left_zero = is_zero(facts_.dst);
  const bool right_zero = by_register() ? is_zero(facts_.src) || src >= kNumbers : insn_.imm >= 0;
  const Word y = by_register() ? in(low(src)) : number(value);
  product_of_words(d, y);
  if (!left_zero) {
    const Word mixed = upper(dst, facts_.dst, kScratch);
    code().operate(Op::mull, kScratch, mixed.reg, in_register(y, kReturn));
    code().operate(Op::add, kOther, kOther, kScratch);
  }
  if (!right_zero && !by_register()) {
    // The constant's upper word is -1.
    code().operate(Op::sub, kOther, kOther, d);
  } else if (!right_zero) {
    const Word mixed = upper(src, facts_.src, kScratch);
    code().operate(Op::mull, kScratch, mixed.reg, d);
    code().operate(Op::add, kOther, kOther, kScratch);
  }
  operate(Op::mull, d, d, y, kScratch);
  upper_done(dst, kOther);
}

// Division or remainder of the low words.
void Generator::divide_words(bool is_signed) {
  const Reg d = low(insn_.dst());
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (!by_register() && !is_signed && power_of_two(value)) {
    if (modulo) {
      and_constant(d, d, value - 1, kScratch);
    } else if (value != 1) {
      code().shift(Shift::right, d, d, log2_of(value));
    }
    return;
  }
  code().access(Access::store_word, d, kSp, kBlock);
  code().access(Access::store_word, by_register() ? low(insn_.src()) : in_register(number(value), kScratch), kSp,
                kBlock + 8);
  call_routine(kWordDivisions + (modulo ? 4u : 0u) + (is_signed ? 8u : 0u));
  code().access(Access::word, d, kSp, kBlock);
}

// Words where the operands are extended ones (docs/spec/facts.md), else by the runtime's routine.
void Generator::divide64(bool is_signed) {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  const bool right_zero = by_register() ? is_zero(facts_.src) || src >= kNumbers : insn_.imm >= 0;
  const bool right_sign = by_register() ? is_sign(facts_.src) : true;
  if (is_zero(facts_.dst) && right_zero) {
    divide_words(false);
    return set_upper(dst, 0);
  }
  // The smallest word divided by -1 does not fit a word: its upper half is 0, not the sign.
  const bool fits = modulo || !upper_wanted(dst) || (!by_register() && insn_.imm != -1);
  if (is_signed && is_sign(facts_.dst) && right_sign && fits) {
    divide_words(true);
    return set_upper_by_sign(dst);
  }
  code().access(Access::store_word, low(dst), kSp, kBlock);
  const Word left_upper = upper(dst, facts_.dst, kScratch);
  code().access(Access::store_word, in_register(left_upper, kScratch), kSp, kBlock + 4);
  const Word right = by_register() ? in(low(src)) : number(static_cast<uint32_t>(insn_.imm));
  code().access(Access::store_word, in_register(right, kScratch), kSp, kBlock + 8);
  const Word right_upper = by_register() ? upper(src, facts_.src, kScratch) : number(insn_.imm < 0 ? UINT32_MAX : 0);
  code().access(Access::store_word, in_register(right_upper, kScratch), kSp, kBlock + 12);
  call_routine((modulo ? 4u : 0u) + (is_signed ? 8u : 0u));
  code().access(Access::word, low(dst), kSp, kBlock);
  if (!upper_wanted(dst)) return;
  const Reg target = upper_target(dst, kScratch);
  code().access(Access::word, target, kSp, kBlock + 4);
  upper_done(dst, target);
}

}  // namespace perdita::jit::xt
