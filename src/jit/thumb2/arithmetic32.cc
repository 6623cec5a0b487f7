// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic of 32 bits, and what arithmetic of 64 bits does to low words alone (RFC 9669, section 4.1).
#include "jit/thumb2/arithmetic.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::ShiftCount;

void Generator::arithmetic32() {
  const Reg d = d_;
  const Reg m = m_;
  const auto value = static_cast<uint32_t>(insn_.imm);
  const uint8_t op = isa::insn_op(insn_.opcode);
  switch (op) {
    case isa::kAdd:
    case isa::kSub:
      add32(op == isa::kSub);
      break;
    case isa::kMul:
      multiply_words();
      break;
    case isa::kDiv:
    case isa::kMod:
      divide_words(insn_.offset == 1);
      break;
    case isa::kLsh:
    case isa::kRsh:
    case isa::kArsh:
      shift32(shift_of(op));
      break;
    case isa::kNeg:
      negate_word();
      break;
    case isa::kMov:
      if (!by_register()) {
        code().move_immediate(d, value, Flags::any);
      } else if (insn_.offset != 0) {
        code().extend(insn_.offset == 8 ? Extend::sxtb : Extend::sxth, d, m);
      } else if (d != m) {
        code().move(d, m);
      }
      break;
    default:
      combine_words(operation(op));
  }
  set_upper(0);
}

void Generator::negate_word() {
  if (lowest_bit_) return code().spread_lowest_bit(d_, left());
  static_cast<void>(code().operate_immediate(Op::rsb | Flags::any, d_, left(), 0));
}

Flags Generator::result_flags(uint32_t value) const {
  uint32_t bits;
  return next_asks_for_zero() && modified_immediate(value, bits) ? Flags::set : Flags::any;
}

// Of the low words, without a carry.
void Generator::add32(bool subtract) {
  const Reg d = d_;
  if (operate_shifted(subtract ? Op::sub : Op::add)) return;
  if (by_register()) {
    const Flags flags = result_flags(0);
    code().operate((subtract ? Op::sub : Op::add) | flags, d, left(), m_);
    return note_zero(flags);
  }
  const bool negative = insn_.imm < 0;
  const uint32_t value = negative ? 0 - static_cast<uint32_t>(insn_.imm) : static_cast<uint32_t>(insn_.imm);
  if (value == 0) return;
  const Flags flags = result_flags(value);
  operate((subtract != negative ? Op::sub : Op::add) | flags, d, left(), value, kScratch);
  note_zero(flags);
}

// With the left operand shifted, where that was left to do. BPF's left operand is Thumb's right one.
bool Generator::operate_shifted(Op op) {
  if (shift_ == 0) return false;
  code().operate_shifted(op == Op::sub ? Op::rsb : op, d_, m_, left(), shift_kind_, shift_);
  return true;
}

// AND, OR, XOR of the low words.
void Generator::combine_words(Op op) {
  if (operate_shifted(op)) return;
  const Reg d = d_;
  const auto value = static_cast<uint32_t>(insn_.imm);
  const Flags flags = result_flags(by_register() ? 0 : value);
  if (by_register()) {
    code().operate(op | flags, d, left(), m_);
  } else {
    operate(op | flags, d, left(), value, kScratch);
  }
  note_zero(flags);
}

void Generator::multiply_words() {
  const Reg d = d_;
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_register()) return code().multiply(d, left(), m_);
  if (power_of_two(value)) {
    if (value != 1) code().shift(Shift::lsl | Flags::any, d, left(), log2_of(value));
    return;
  }
  // x * (2^n + 1) is x + (x << n), x * (2^n - 1) is (x << n) - x.
  const bool above = power_of_two(value - 1);
  if (value > 2 && (above || power_of_two(value + 1))) {
    return code().operate_shifted(above ? Op::add : Op::rsb, d, left(), left(), Shift::lsl,
                                  log2_of(above ? value - 1 : value + 1));
  }
  code().multiply(d, left(), constant(value, kScratch));
}

void Generator::shift32(Shift kind) {
  const Reg d = d_;
  if (!by_register()) {
    const unsigned count = static_cast<uint32_t>(insn_.imm) & 31;
    if (count != 0) code().shift(kind | Flags::any, d, left(), count);
    return;
  }
  Reg count = m_;
  if (facts_.count != ShiftCount::below_32) {
    static_cast<void>(code().operate_immediate(Op::and_ | Flags::any, kScratch, count, 31));
    count = kScratch;
  }
  code().shift_by_register(kind, d, left(), count);
}

// Division or remainder of the low words; UDIV and SDIV by 0 give 0 (see generator.cc).
void Generator::divide_words(bool is_signed) {
  const Reg d = d_;
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (!by_register() && !is_signed && power_of_two(value)) {
    if (modulo) {
      operate(Op::and_ | Flags::any, d, d, value - 1, kScratch);
    } else if (value != 1) {
      code().shift(Shift::lsr | Flags::any, d, d, log2_of(value));
    }
    return;
  }
  Reg divisor = m_;
  if (!by_register()) {
    divisor = constant(value, modulo ? lr() : kScratch);
  }
  if (!modulo) return code().divide(is_signed, d, d, divisor);
  code().divide(is_signed, kScratch, d, divisor);
  code().multiply_subtract(d, kScratch, divisor, d);
}

}  // namespace perdita::jit::thumb2
