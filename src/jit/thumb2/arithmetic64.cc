// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic of 64 bits, moves and byte order (RFC 9669, sections 4.1 and 4.2).
#include "jit/thumb2/arithmetic.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Upper;

void Generator::arithmetic64() {
  const uint8_t op = isa::insn_op(insn_.opcode);
  switch (op) {
    case isa::kAdd:
    case isa::kSub:
      return add64(op == isa::kSub);
    case isa::kMul:
      return multiply64();
    case isa::kDiv:
    case isa::kMod:
      return divide64(insn_.offset == 1);
    case isa::kLsh:
    case isa::kRsh:
    case isa::kArsh:
      if (by_register()) return shift64_register(shift_of(op));
      return shift64_immediate(shift_of(op), static_cast<uint32_t>(insn_.imm) & 63);
    case isa::kNeg:
      return negate64();
    case isa::kMov:
      if (by_register()) return move64();
      code().move_immediate(d_, static_cast<uint32_t>(insn_.imm), Flags::any);
      return set_upper(insn_.imm < 0 ? UINT32_MAX : 0);
    default:
      return bitwise64(operation(op));
  }
}

void Generator::move64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  if (insn_.offset == 0) {
    if (wanted_) move_upper(dst, src);
    if (dst != src) code().move(d_, m_);
    return;
  }
  if (insn_.offset != 32) {
    code().extend(insn_.offset == 8 ? Extend::sxtb : Extend::sxth, d_, m_);
  } else if (dst != src) {
    code().move(d_, m_);
  }
  set_upper_by_sign();
}

// From memory to memory by way of lr, where that is saved and r12 holds something.
void Generator::move_upper(unsigned dst, unsigned src) {
  const bool loads = facts_.src == Upper::in_register && src < kNumbers && uppers_[src] == kInMemory;
  if (loads && (in_lr_ >> src & 1) != 0) return put_upper(kLr);
  const bool by_lr = loads && uppers_[dst] == kInMemory && scratch_is_full();
  const Reg from = upper(src, facts_.src, by_lr ? kLr : result_upper());
  if (from == kLr) in_lr_ = static_cast<uint16_t>(1u << src);
  put_upper(from);
}

// Of both operands, where the right one is a register: what r12 holds of them stays there.
Generator::Uppers Generator::both_uppers() {
  const bool right_there = !scratch_written && insn_.src() < kNumbers && (in_scratch_ >> insn_.src() & 1) != 0;
  Uppers both;
  both.left = left_upper(right_there ? lr() : kScratch);
  both.right = upper(insn_.src(), facts_.src, both.left == kLr ? kScratch : lr());
  return both;
}

// What the carry waits for is there before the low words are added: their sign may be it.
void Generator::add64(bool subtract) {
  const unsigned dst = insn_.dst();
  const Reg d = d_;
  if (!wanted_) return add32(subtract);
  const Reg target = result_upper();
  const unsigned src = insn_.src();
  const bool nothing = by_register() && (is_zero(facts_.src) || src >= kNumbers);
  const Op carry = subtract ? Op::sbc : Op::adc;
  // A sign is a shifted operand, of a register that the low words' sum leaves alone; either may be the right one of a
  // sum.
  const bool right_sign = by_register() && !nothing && is_sign(facts_.src) && src != dst;
  const bool left_sign = by_register() && !nothing && !subtract && !right_sign && left() != d && is_sign(left_fact()) &&
                         !is_zero(left_fact());
  if (right_sign || left_sign) {
    const Reg other = right_sign ? left_upper(kScratch) : upper(src, facts_.src, kScratch);
    code().operate((subtract ? Op::sub : Op::add) | Flags::set, d, left(), m_);
    code().operate_shifted(carry, target, other, right_sign ? m_ : left(), Shift::asr, 31);
    return last_upper(target);
  }
  if (!by_register()) {
    const Reg before = left_upper(kScratch);
    // x + -1 is x - 1: what it does to the upper word is then a borrow alone.
    const auto value = static_cast<uint32_t>(insn_.imm);
    const bool negative = insn_.imm < 0;
    const bool down = subtract != negative;
    operate((down ? Op::sub : Op::add) | Flags::set, d, left(), negative ? 0 - value : value,
            before == kScratch ? kLr : kScratch);
    static_cast<void>(code().operate_immediate((down ? Op::sbc : Op::adc) | Flags::any, target, before, 0));
    return last_upper(target);
  }
  if (nothing) {
    const Reg before = left_upper(kScratch);
    code().operate((subtract ? Op::sub : Op::add) | Flags::set, d, left(), m_);
    static_cast<void>(code().operate_immediate(carry | Flags::any, target, before, 0));
  } else {
    const Uppers both = both_uppers();
    code().operate((subtract ? Op::sub : Op::add) | Flags::set, d, left(), m_);
    code().operate(carry | Flags::any, target, both.left, both.right);
  }
  last_upper(target);
}

void Generator::bitwise64(Op op) {
  const bool negative = insn_.imm < 0;
  const unsigned src = insn_.src();
  const bool nothing = by_register() ? is_zero(facts_.src) || src >= kNumbers : !negative;
  // The upper word first: it may be the low word's sign.
  if (!wanted_) {
    // nobody reads it
  } else if (op == Op::and_ && (nothing || is_zero(left_fact()))) {
    set_upper(0);
  } else if (op == Op::orr && !by_register() && negative) {
    set_upper(UINT32_MAX);
  } else if (nothing || (op == Op::and_ && !by_register())) {
    keep_upper();
  } else if (!by_register()) {
    const Reg target = result_upper();
    code().move_not(target, left_upper(kScratch));
    put_upper(target);
  } else {
    const Reg target = result_upper();
    const Uppers both = both_uppers();
    code().operate(op | Flags::any, target, both.left, both.right);
    last_upper(target);
  }
  combine_words(op);
}

void Generator::negate64() {
  const Reg d = d_;
  if (!wanted_) return negate_word();
  // 0 - upper - borrow is ~upper + carry.
  const Reg target = result_upper();
  const Reg before = left_upper(kScratch);
  static_cast<void>(code().operate_immediate(Op::rsb | Flags::set, d, left(), 0));
  code().move_not(target, before);
  static_cast<void>(code().operate_immediate(Op::adc | Flags::any, target, target, 0));
  put_upper(target);
}

// The product's upper word: that of the low words' product, and both mixed products, of which the low words count.
void Generator::multiply64() {
  const unsigned src = insn_.src();
  const Reg d = d_;
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (!wanted_) return multiply_words();
  const Reg target = result_upper();
  const bool left_zero = is_zero(left_fact());
  const bool right_zero = by_register() ? is_zero(facts_.src) || src >= kNumbers : insn_.imm >= 0;
  const bool both_sign = is_sign(left_fact()) && (!by_register() || is_sign(facts_.src));
  if ((left_zero && right_zero) || both_sign) {
    const Reg factor = by_register() ? m_ : constant(value, kScratch);
    code().multiply_long(both_sign, d, target, left(), factor);
    return last_upper(target);
  }
  Reg factor = m_;
  Reg mixed = kScratch;
  if (!left_zero) mixed = left_upper(kScratch);
  if (!by_register()) {
    factor = constant(value, lr());
  }
  // r12 = the mixed products' sum.
  if (!left_zero) code().multiply(kScratch, mixed, factor);
  if (!right_zero && !by_register()) {
    // The constant's upper word is -1.
    if (left_zero) {
      static_cast<void>(code().operate_immediate(Op::rsb | Flags::any, kScratch, left(), 0));
    } else {
      code().operate(Op::sub | Flags::any, kScratch, kScratch, left());
    }
  } else if (!right_zero) {
    const Reg right = upper(src, facts_.src, lr());
    if (left_zero) {
      code().multiply(kScratch, right, left());
    } else {
      code().multiply_add(kScratch, right, left(), kScratch);
    }
  }
  code().multiply_long(false, d, lr(), left(), factor);
  code().operate(Op::add | Flags::any, target, kScratch, kLr);
  last_upper(target);
}

bool Generator::right_is_zero() const {
  return by_register() ? is_zero(facts_.src) || insn_.src() >= kNumbers : insn_.imm >= 0;
}

// Whether a division of 64 bits is one of words.
bool Generator::divides_words() const {
  if (is_zero(facts_.dst) && right_is_zero()) return true;
  // The smallest word divided by -1 does not fit a word: its upper half is 0, not the sign.
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  const bool fits = modulo || facts_.upper_dead || (!by_register() && insn_.imm != -1);
  return insn_.offset == 1 && is_sign(facts_.dst) && (!by_register() || is_sign(facts_.src)) && fits;
}

// Words where the operands are extended ones (docs/spec/facts.md), else by the runtime's routine.
void Generator::divide64(bool is_signed) {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  if (divides_words()) {
    const bool as_unsigned = is_zero(facts_.dst) && right_is_zero();
    divide_words(!as_unsigned);
    return as_unsigned ? set_upper(0) : set_upper_by_sign();
  }
  constexpr uint32_t block = kBlock;
  code().save_word(d_, block);
  code().save_word(upper(dst, facts_.dst, kScratch), block + 4);
  if (by_register()) {
    code().save_word(m_, block + 8);
    code().save_word(upper(src, facts_.src, kScratch), block + 12);
  } else {
    code().save_word(constant(static_cast<uint32_t>(insn_.imm), kScratch), block + 8);
    code().save_word(constant(insn_.imm < 0 ? UINT32_MAX : 0, kScratch), block + 12);
  }
  call_routine((modulo ? 4u : 0u) + (is_signed ? 8u : 0u));
  code().restore_word(d_, block);
  if (!wanted_) return;
  const Reg target = result_upper();
  code().restore_word(target, block + 4);
  put_upper(target);
}

void Generator::byte_order() {
  const unsigned dst = insn_.dst();
  const Reg d = d_;
  const bool swaps = isa::insn_class(insn_.opcode) == isa::kAlu64 || by_register();
  if (insn_.imm == 64) {
    if (!swaps) return keep_upper();
    const Reg from = upper(dst, facts_.dst, kScratch);
    const bool wanted = wanted_;
    const Reg to = !wanted ? d : from == kScratch ? lr() : kScratch;
    if (wanted) code().reverse(to, d);
    code().reverse(d, from);
    if (wanted) put_upper(to);
    return;
  }
  if (insn_.imm == 16) {
    if (swaps) code().reverse16(d, d);
    code().extend(Extend::uxth, d, d);
  } else if (swaps) {
    code().reverse(d, d);
  }
  set_upper(0);
}

}  // namespace perdita::jit::thumb2
