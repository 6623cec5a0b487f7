// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic, moves and byte order (RFC 9669, sections 4.1 and 4.2) but shifts, products and division.
#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

using isa::Upper;

namespace {

Op operation(uint8_t op) {
  switch (op) {
    case isa::kAnd:
      return Op::and_;
    case isa::kOr:
      return Op::or_;
    default:
      return Op::xor_;
  }
}

Shift shift_of(uint8_t op) {
  if (op == isa::kLsh) return Shift::left;
  return op == isa::kRsh ? Shift::right : Shift::right_signed;
}

// What ADDI or ADDMI adds.
bool adds_at_once(uint32_t value) { return value + 128 < 256 || ((value & 0xff) == 0 && value + 0x8000 < 0x10000); }

}  // namespace

void Generator::arithmetic32() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg s = low(insn_.src());
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
      code().negate(d, left());
      break;
    case isa::kMov:
      if (!by_register()) {
        constant(d, static_cast<uint32_t>(insn_.imm));
      } else if (insn_.offset != 0) {
        const unsigned above = 32 - static_cast<unsigned>(insn_.offset);
        code().shift(Shift::left, d, s, above);
        code().shift(Shift::right_signed, d, d, above);
      } else {
        copy(d, s);
      }
      break;
    default:
      combine_words(operation(op));
  }
  set_upper(dst, 0);
}

// Of the low words, without a carry.
void Generator::add32(bool subtract) {
  const Reg d = low(insn_.dst());
  if (by_register()) return code().operate(subtract ? Op::sub : scaled_, d, left(), low(insn_.src()));
  uint32_t value = static_cast<uint32_t>(insn_.imm);
  if (subtract) value = 0 - value;
  if (left_ == kFrame && has_frame_) value += stack_bytes();
  add_constant(d, left(), value, kScratch);
}

// AND, OR, XOR of the low words.
void Generator::combine_words(Op op) {
  const Reg d = low(insn_.dst());
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_register()) return code().operate(op, d, left(), low(insn_.src()));
  if (op == Op::and_) {
    if (extracted_ != 0) {
      return code().extract(d, left(), extracted_, static_cast<unsigned>(__builtin_popcount(value)));
    }
    return and_constant(d, left(), value, kScratch);
  }
  if (value == 0) return copy(d, left());
  operate(op, d, left(), number(value), kScratch);
}

void Generator::arithmetic64() {
  const unsigned dst = insn_.dst();
  const uint8_t op = isa::insn_op(insn_.opcode);
  const auto imm = static_cast<int64_t>(insn_.imm);
  switch (op) {
    case isa::kAdd:
    case isa::kSub:
      if (!upper_wanted(dst)) return add32(op == isa::kSub);
      if (!by_register()) return add_constant64(op == isa::kSub ? -imm : imm);
      return op == isa::kSub ? subtract64() : add64();
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
      constant(low(dst), static_cast<uint32_t>(insn_.imm));
      return set_upper(dst, insn_.imm < 0 ? UINT32_MAX : 0);
    default:
      return bitwise64(operation(op));
  }
}

void Generator::move64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg d = low(dst);
  if (insn_.offset == 0) {
    if (upper_wanted(dst)) {
      const Word from = upper(src, facts_.src, upper_target(dst, kScratch));
      upper_done(dst, in_register(from, upper_target(dst, kScratch)));
    }
    return copy(d, low(src));
  }
  if (insn_.offset != 32) {
    const unsigned above = 32 - static_cast<unsigned>(insn_.offset);
    code().shift(Shift::left, d, low(src), above);
    code().shift(Shift::right_signed, d, d, above);
  } else {
    copy(d, low(src));
  }
  set_upper_by_sign(dst);
}

// Where the low words do not carry, the upper one stays, and is not even loaded.
void Generator::step_upper(unsigned reg, uint32_t by, const Skip& unless) {
  const Word before = upper(reg, Upper::in_register, kScratch);
  const Reg target = upper_target(reg, kScratch);
  static_cast<void>(code().add_immediate(target, before.reg, by));
  upper_done(reg, target);
  land(unless);
}

// Subtracts where the number is negative: what that does to the upper word is then a borrow alone.
void Generator::add_constant64(int64_t value) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  keep_upper(dst, facts_.dst);
  if (value == 0) return;
  const auto word = static_cast<uint32_t>(value);
  const bool down = value < 0;
  const uint32_t size = down ? 0 - word : word;
  if (adds_at_once(word)) {
    if (!down) static_cast<void>(code().add_immediate(d, d, word));
    const Skip none = skip(Ask::geu, in(d), number(size));
    step_upper(dst, down ? UINT32_MAX : 1, none);
    if (down) static_cast<void>(code().add_immediate(d, d, word));
    return;
  }
  constant(kOther, size);
  if (!down) code().operate(Op::add, d, d, kOther);
  const Skip none = skip(Ask::geu, in(d), in(kOther));
  step_upper(dst, down ? UINT32_MAX : 1, none);
  if (down) code().operate(Op::sub, d, d, kOther);
}

// What the carry waits for is there before the low words are added: their sign may be it.
void Generator::add64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg d = low(dst);
  const Reg s = low(src);
  if (dst == src) {
    const Reg target = upper_target(dst, kScratch);
    const Word before = upper(dst, facts_.dst, kScratch);
    if (before.known) {
      code().extract(target, d, 31, 1);
    } else {
      code().amount(31);
      code().operate(Op::src, target, before.reg, d);
    }
    code().operate(Op::add, d, d, d);
    return upper_done(dst, target);
  }
  if ((is_zero(facts_.src) || src >= kNumbers) && facts_.dst == Upper::in_register) {
    code().operate(Op::add, d, d, s);
    return step_upper(dst, 1, skip(Ask::geu, in(d), in(s)));
  }
  const Reg target = upper_target(dst, kScratch);
  const Word left = upper(dst, facts_.dst, kScratch);
  const Word right = upper(src, facts_.src, kOther);
  code().operate(Op::add, d, d, s);
  if (left.known || right.known) {
    const Word sum = left.known ? right : left;
    if (sum.known) {
      constant(target, 0);
    } else {
      copy(target, sum.reg);
    }
  } else {
    code().operate(Op::add, target, left.reg, right.reg);
  }
  const Skip none = skip(Ask::geu, in(d), in(s));
  static_cast<void>(code().add_immediate(target, target, 1));
  land(none);
  upper_done(dst, target);
}

void Generator::subtract64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg d = low(dst);
  const Reg s = low(src);
  if (dst == src) {
    constant(d, 0);
    return set_upper(dst, 0);
  }
  if ((is_zero(facts_.src) || src >= kNumbers) && facts_.dst == Upper::in_register) {
    step_upper(dst, UINT32_MAX, skip(Ask::geu, in(d), in(s)));
    return code().operate(Op::sub, d, d, s);
  }
  const Reg target = upper_target(dst, kScratch);
  const Word left = upper(dst, facts_.dst, kScratch);
  const Word right = upper(src, facts_.src, kOther);
  if (right.known) {
    if (left.known) {
      constant(target, 0);
    } else {
      copy(target, left.reg);
    }
  } else if (left.known) {
    code().negate(target, right.reg);
  } else {
    code().operate(Op::sub, target, left.reg, right.reg);
  }
  const Skip none = skip(Ask::geu, in(d), in(s));
  static_cast<void>(code().add_immediate(target, target, UINT32_MAX));
  land(none);
  code().operate(Op::sub, d, d, s);
  upper_done(dst, target);
}

void Generator::bitwise64(Op op) {
  const unsigned dst = insn_.dst();
  const bool negative = insn_.imm < 0;
  const unsigned src = insn_.src();
  const bool nothing = by_register() ? is_zero(facts_.src) || src >= kNumbers : !negative;
  // The upper word first: it may be the low word's sign.
  if (!upper_wanted(dst)) {
    // nobody reads it
  } else if (op == Op::and_ && (nothing || is_zero(facts_.dst))) {
    set_upper(dst, 0);
  } else if (op == Op::or_ && !by_register() && negative) {
    set_upper(dst, UINT32_MAX);
  } else if (nothing || (op == Op::and_ && !by_register())) {
    keep_upper(dst, facts_.dst);
  } else {
    const Reg target = upper_target(dst, kScratch);
    const Word left = upper(dst, facts_.dst, kScratch);
    const Word right = by_register() ? upper(src, facts_.src, kOther) : number(UINT32_MAX);
    if (left.is(0)) {
      upper_done(dst, in_register(right, target));
    } else {
      operate(op, target, left.reg, right, kOther);
      upper_done(dst, target);
    }
  }
  combine_words(op);
}

// 0 - upper, and one less where the low word borrows.
void Generator::negate64() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  if (!upper_wanted(dst)) return code().negate(d, left());
  const Reg target = upper_target(dst, kScratch);
  const Word before = upper(dst, facts_.dst, kScratch);
  if (before.known) {
    constant(target, 0);
  } else {
    code().negate(target, before.reg);
  }
  const Skip none = skip(Ask::eq, in(d), number(0));
  static_cast<void>(code().add_immediate(target, target, UINT32_MAX));
  land(none);
  code().negate(d, d);
  upper_done(dst, target);
}

void Generator::byte_order() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const bool swaps = isa::insn_class(insn_.opcode) == isa::kAlu64 || by_register();
  if (insn_.imm == 16) {
    if (swaps) {
      code().extract(kScratch, d, 8, 8);
      code().shift(Shift::left, d, d, 8);
      code().operate(Op::or_, d, d, kScratch);
    }
    code().extract(d, d, 0, 16);
    return set_upper(dst, 0);
  }
  if (!swaps) {
    if (insn_.imm == 64) return keep_upper(dst, facts_.dst);
    return set_upper(dst, 0);
  }
  // d = the bytes of s, the other way round, by way of t.
  const auto reverse = [this](Reg d_, Reg s, Reg t) {
    code().extract(t, s, 16, 16);
    code().operate(Op::src, t, t, s);
    code().operate(Op::src, t, t, t);
    code().operate(Op::src, d_, s, t);
  };
  if (insn_.imm == 32) {
    code().amount(8);
    reverse(d, d, kScratch);
    return set_upper(dst, 0);
  }
  const Word from = upper(dst, facts_.dst, kScratch);
  const bool wanted = upper_wanted(dst);
  code().amount(8);
  if (from.known) {
    if (wanted) {
      const Reg target = upper_target(dst, kScratch);
      reverse(target, d, kOther);
      upper_done(dst, target);
    }
    return constant(d, 0);
  }
  if (!wanted) return reverse(d, from.reg, kOther);
  // The upper word's bytes wait in a9.
  reverse(kOther, from.reg, kOther);
  const Reg target = upper_target(dst, kScratch);
  reverse(target, d, kScratch);
  upper_done(dst, target);
  copy(d, kOther);
}

}  // namespace perdita::jit::xt
