// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic, moves and byte order (RFC 9669, sections 4.1 and 4.2). Upper words come first where the low words that
// they depend on are overwritten.
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

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

Op shift_of(uint8_t op) {
  if (op == isa::kLsh) return Op::sll;
  return op == isa::kRsh ? Op::srl : Op::sra;
}

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
      code().operate(Op::sub, d, kZero, left());
      break;
    case isa::kMov:
      if (by_register()) {
        extend(d, s, insn_.offset == 0 ? 32u : static_cast<unsigned>(insn_.offset), true);
      } else {
        code().load_immediate(d, static_cast<uint32_t>(insn_.imm));
      }
      break;
    default:
      combine_words(operation(op));
  }
  set_upper(dst, 0);
}

void Generator::arithmetic64() {
  const unsigned dst = insn_.dst();
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
      code().load_immediate(low(dst), static_cast<uint32_t>(insn_.imm));
      return set_upper(dst, insn_.imm < 0 ? UINT32_MAX : 0);
    default:
      return bitwise64(operation(op));
  }
}

void Generator::extend(Reg d, Reg s, unsigned bits, bool is_signed) {
  if (bits == 32) return code().move(d, s);
  if (bits == 8 && !is_signed) return code().operate_immediate(Op::and_, d, s, 255);
  code().shift(Op::sll, d, s, 32 - bits);
  code().shift(is_signed ? Op::sra : Op::srl, d, d, 32 - bits);
}

void Generator::move64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  if (insn_.offset == 0) {
    if (upper_wanted(dst)) code().move(high(dst), upper(src, facts_.src, high(dst)));
    return code().move(low(dst), low(src));
  }
  extend(low(dst), low(src), static_cast<unsigned>(insn_.offset), true);
  set_upper_by_sign(dst);
}

// Of the low words, without a carry.
void Generator::add32(bool subtract) {
  const Reg d = low(insn_.dst());
  if (by_register()) return code().operate(subtract ? Op::sub : Op::add, d, left(), low(insn_.src()));
  const auto value = static_cast<uint32_t>(insn_.imm);
  const auto number = static_cast<int32_t>(subtract ? 0 - value : value);
  if (number == 0) return code().move(d, left());
  if (fits12(number)) return code().operate_immediate(Op::add, d, left(), number);
  if (number >= -4096 && number <= 4094) {
    const int32_t most = number < 0 ? -2048 : 2047;
    code().operate_immediate(Op::add, d, left(), most);
    return code().operate_immediate(Op::add, d, d, number - most);
  }
  code().operate(Op::add, d, left(), constant(static_cast<uint32_t>(number), kT0));
}

void Generator::add64(bool subtract) {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg d = low(dst);
  const Reg high_word = high(dst);
  if (!upper_wanted(dst)) return add32(subtract);
  if (!by_register()) return add64_constant(subtract);
  if (src == dst) {
    if (subtract) {
      code().load_immediate(d, 0);
      return code().load_immediate(high_word, 0);
    }
    const Reg before = left_upper();
    code().shift(Op::srl, before == kZero ? high_word : kT0, d, 31);
    if (before != kZero) {
      code().operate(Op::add, high_word, before, before);
      code().operate(Op::add, high_word, high_word, kT0);
    }
    return code().operate(Op::add, d, d, d);
  }
  const Reg n = left();
  const Reg s = low(src);
  const Reg upper_left = left_upper();
  const Reg upper_right = upper(src, facts_.src, kT1);
  if (subtract) {
    code().operate(Op::sltu, kT0, n, s);
    code().operate(Op::sub, d, n, s);
    if (upper_right == kZero) return code().operate(Op::sub, high_word, upper_left, kT0);
    code().operate(Op::sub, high_word, upper_left, upper_right);
    return code().operate(Op::sub, high_word, high_word, kT0);
  }
  code().operate(Op::add, d, n, s);
  if (upper_left == kZero && upper_right == kZero) return code().operate(Op::sltu, high_word, d, s);
  code().operate(Op::sltu, kT0, d, s);
  if (upper_left == kZero) return code().operate(Op::add, high_word, upper_right, kT0);
  if (upper_right == kZero) return code().operate(Op::add, high_word, upper_left, kT0);
  code().operate(Op::add, high_word, upper_left, upper_right);
  code().operate(Op::add, high_word, high_word, kT0);
}

// x + -1 is x - 1: what it does to the upper word is a borrow alone.
void Generator::add64_constant(bool subtract) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg n = left();
  const bool negative = insn_.imm < 0;
  const auto value = static_cast<uint32_t>(insn_.imm);
  const uint32_t size = negative ? 0 - value : value;
  const bool fits = size < 2048;
  const auto number = static_cast<int32_t>(size);
  if (size == 0) {
    keep_upper();
    return code().move(d, n);
  }
  const Reg before = left_upper();
  const Reg amount = fits ? kZero : constant(size, kT2);
  if (subtract != negative) {
    if (fits) {
      code().operate_immediate(Op::sltu, kT0, n, number);
      code().operate_immediate(Op::add, d, n, -number);
    } else {
      code().operate(Op::sltu, kT0, n, amount);
      code().operate(Op::sub, d, n, amount);
    }
    return code().operate(Op::sub, high(dst), before, kT0);
  }
  const Reg carry = before == kZero ? high(dst) : kT0;
  if (fits) {
    code().operate_immediate(Op::add, d, n, number);
    code().operate_immediate(Op::sltu, carry, d, number);
  } else {
    code().operate(Op::add, d, n, amount);
    code().operate(Op::sltu, carry, d, amount);
  }
  if (before != kZero) code().operate(Op::add, high(dst), before, kT0);
}

// 0 - upper - borrow.
void Generator::negate64() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  if (!upper_wanted(dst)) return code().operate(Op::sub, d, kZero, left());
  const Reg before = left_upper();
  code().operate(Op::sltu, kT0, kZero, left());
  code().operate(Op::sub, d, kZero, left());
  if (before == kZero) return code().operate(Op::sub, high(dst), kZero, kT0);
  code().operate(Op::sub, high(dst), kZero, before);
  code().operate(Op::sub, high(dst), high(dst), kT0);
}

// AND, OR, XOR of the low words.
void Generator::combine_words(Op op) {
  const Reg d = low(insn_.dst());
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_register()) return code().operate(op, d, left(), low(insn_.src()));
  if (op == Op::and_) return and_word(d, left(), value);
  if (value == 0) return code().move(d, left());
  if (fits12(insn_.imm)) return code().operate_immediate(op, d, left(), insn_.imm);
  code().operate(op, d, left(), constant(value, kT0));
}

void Generator::and_word(Reg d, Reg n, uint32_t value) {
  if (value == 0) return code().load_immediate(d, 0);
  if (value == UINT32_MAX) return code().move(d, n);
  if (fits12(static_cast<int32_t>(value))) return code().operate_immediate(Op::and_, d, n, static_cast<int32_t>(value));
  // Ones at an end: two shifts, and no constant, which is one of two instructions.
  const bool low_ones = (value & (value + 1)) == 0;
  const bool high_ones = (~value & (~value + 1)) == 0;
  if (!low_ones && !high_ones) return code().operate(Op::and_, d, n, constant(value, kT0));
  if (is_kept(value)) return code().operate(Op::and_, d, n, constant(value, kT0));
  const unsigned zeros = log2_of(low_ones ? ~value : value);
  code().shift(low_ones ? Op::sll : Op::srl, d, n, low_ones ? 32 - zeros : zeros);
  code().shift(low_ones ? Op::srl : Op::sll, d, d, low_ones ? 32 - zeros : zeros);
}

void Generator::bitwise64(Op op) {
  const unsigned dst = insn_.dst();
  if (!upper_wanted(dst)) return combine_words(op);
  const Reg to = high(dst);
  const bool ones = !by_register() && insn_.imm < 0;
  if (right_is_zero()) {
    if (op == Op::and_) {
      code().load_immediate(to, 0);
    } else {
      keep_upper();
    }
  } else if (ones && op == Op::or_) {
    code().load_immediate(to, UINT32_MAX);
  } else if (ones && op == Op::and_) {
    keep_upper();
  } else if (ones) {
    code().operate_immediate(Op::xor_, to, left_upper(), -1);
  } else {
    const Reg before = left_upper();
    if (before == kZero && op == Op::and_) {
      code().load_immediate(to, 0);
    } else {
      const Reg right = upper(insn_.src(), facts_.src, before == kZero ? to : kT1);
      if (before == kZero) {
        code().move(to, right);
      } else {
        code().operate(op, to, before, right);
      }
    }
  }
  combine_words(op);
}

void Generator::multiply_words() {
  const Reg d = low(insn_.dst());
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_register()) return code().operate(Op::mul, d, left(), low(insn_.src()));
  if (value == 0) return code().load_immediate(d, 0);
  if (value == 1) return code().move(d, left());
  if (power_of_two(value)) return code().shift(Op::sll, d, left(), log2_of(value));
  code().operate(Op::mul, d, left(), constant(value, kT0));
}

// The product's upper word: that of the low words' product, which takes a sign-extended operand as it is, and both
// mixed products, of which the low words count.
void Generator::multiply64() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (!upper_wanted(dst)) return multiply_words();
  if (!by_register() && insn_.imm > 0 && power_of_two(value)) return shift64_immediate(Op::sll, log2_of(value));
  const Reg n = left();
  const Reg s = by_register() ? low(src) : constant(value, kT2);
  const bool left_zero = is_zero(facts_.dst) || left_number() >= kNumbers;
  const bool left_sign = !left_zero && is_sign(facts_.dst);
  const bool right_zero = right_is_zero();
  const bool right_sign = !right_zero && right_is_sign();
  const bool mixed_left = !left_zero && !left_sign;
  const bool mixed_right = !right_zero && !right_sign;
  const Reg to = high(dst);
  const Reg product = mixed_left || mixed_right ? kT0 : to;
  if (left_sign && right_sign) {
    code().operate(Op::mulh, product, n, s);
  } else if (left_sign) {
    code().operate(Op::mulhsu, product, n, s);
  } else if (right_sign) {
    code().operate(Op::mulhsu, product, s, n);
  } else {
    code().operate(Op::mulhu, product, n, s);
  }
  if (mixed_left) {
    code().operate(Op::mul, kT1, left_upper(), s);
    code().operate(Op::add, mixed_right ? kT0 : to, kT0, kT1);
  }
  if (mixed_right) {
    code().operate(Op::mul, kT1, upper(src, facts_.src, kT1), n);
    code().operate(Op::add, to, kT0, kT1);
  }
  code().operate(Op::mul, low(dst), n, s);
}

// All four bytes, of which the even and the odd ones change places, and then the halves.
void Generator::swap_word(Reg d, Reg s) {
  if (s == kZero) return code().load_immediate(d, 0);
  const Reg even = constant(0x00ff00ff, kT2);
  code().shift(Op::srl, kT0, s, 8);
  code().operate(Op::and_, kT0, kT0, even);
  code().operate(Op::and_, d, s, even);
  code().shift(Op::sll, d, d, 8);
  code().operate(Op::or_, d, d, kT0);
  code().shift(Op::srl, kT0, d, 16);
  code().shift(Op::sll, d, d, 16);
  code().operate(Op::or_, d, d, kT0);
}

void Generator::byte_order() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg n = left();
  const bool swaps = isa::insn_class(insn_.opcode) == isa::kAlu64 || by_register();
  if (insn_.imm == 64) {
    if (!swaps) {
      keep_upper();
      return code().move(d, n);
    }
    const Reg before = left_upper();
    const bool wanted = upper_wanted(dst);
    if (!wanted) return swap_word(d, before);
    // Where the upper word is a sign, it stands where the swapped low word goes.
    swap_word(kT1, n);
    swap_word(d, before);
    return code().move(high(dst), kT1);
  }
  if (insn_.imm == 32) {
    if (swaps) {
      swap_word(d, n);
    } else {
      code().move(d, n);
    }
  } else if (swaps) {
    code().shift(Op::sll, kT0, n, 24);
    code().shift(Op::srl, kT0, kT0, 16);
    code().shift(Op::sll, d, n, 16);
    code().shift(Op::srl, d, d, 24);
    code().operate(Op::or_, d, d, kT0);
  } else {
    extend(d, n, 16, false);
  }
  set_upper(dst, 0);
}

}  // namespace perdita::jit::rv32
