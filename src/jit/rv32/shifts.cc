// SPDX-License-Identifier: Apache-2.0
//
// Shifts (RFC 9669, section 4.1). The machine takes the lowest 5 bits of a count. Those that come out of one word go
// into the other: shifted by 1, and then by 31 - count, which is what the count's complement says, so that a count of 0
// moves nothing.
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

using isa::ShiftCount;

void Generator::shift32(Op op) {
  const Reg d = low(insn_.dst());
  if (by_register()) return code().operate(op, d, left(), low(insn_.src()));
  const unsigned count = static_cast<uint32_t>(insn_.imm) & 31;
  if (count == 0) return code().move(d, left());
  code().shift(op, d, left(), count);
}

void Generator::shift64_immediate(Op op, unsigned count) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg n = left();
  const bool wanted = upper_wanted(dst);
  if (count == 0) {
    keep_upper();
    return code().move(d, n);
  }
  if (op == Op::sll) {
    if (wanted) {
      const Reg to = high(dst);
      if (count == 32) {
        code().move(to, n);
      } else if (count > 32) {
        code().shift(Op::sll, to, n, count - 32);
      } else {
        const Reg before = left_upper();
        code().shift(Op::srl, before == kZero ? to : kT0, n, 32 - count);
        if (before != kZero) {
          code().shift(Op::sll, to, before, count);
          code().operate(Op::or_, to, to, kT0);
        }
      }
    }
    if (count >= 32) return code().load_immediate(d, 0);
    return code().shift(Op::sll, d, n, count);
  }
  const bool by_zero = is_zero(facts_.dst) || left_number() >= kNumbers;
  if (by_zero || (op == Op::sra && is_sign(facts_.dst))) {
    if (count >= 32 && by_zero) {
      code().load_immediate(d, 0);
    } else {
      code().shift(by_zero ? Op::srl : Op::sra, d, n, count >= 32 ? 31 : count);
    }
    return by_zero ? set_upper(dst, 0) : set_upper_by_sign(dst);
  }
  const Reg before = left_upper();
  if (count < 32) {
    code().shift(Op::sll, kT0, before, 32 - count);
    code().shift(Op::srl, d, n, count);
    code().operate(Op::or_, d, d, kT0);
    if (wanted) code().shift(op, high(dst), before, count);
    return;
  }
  if (count == 32) {
    code().move(d, before);
  } else {
    code().shift(op, d, before, count - 32);
  }
  return op == Op::sra ? set_upper_by_sign(dst) : set_upper(dst, 0);
}

void Generator::shift64_register(Op op) {
  const unsigned dst = insn_.dst();
  Reg count = low(insn_.src());
  const bool few = facts_.count != ShiftCount::from_32;
  const bool many = facts_.count != ShiftCount::below_32;
  if (insn_.src() == dst) {
    code().move(kT2, count);
    count = kT2;
  }
  if (op == Op::sll) return shift64_left(count, few, many);
  const bool by_zero = is_zero(facts_.dst) || left_number() >= kNumbers;
  if (by_zero || (op == Op::sra && is_sign(facts_.dst)))
    return shift_word_right(by_zero ? Op::srl : Op::sra, count, few, many);
  shift64_right(op, count, few, many);
}

void Generator::shift64_left(Reg count, bool few, bool many) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg n = left();
  if (few && many) code().operate_immediate(Op::and_, kT0, count, 32);
  if (!upper_wanted(dst)) {
    if (few) code().operate(Op::sll, d, n, count);
    if (!many) return;
    if (!few) return code().load_immediate(d, 0);
    const Skip end = skip_if(Condition::eq, kT0, kZero);
    code().load_immediate(d, 0);
    return land(end);
  }
  const Reg to = high(dst);
  const Reg before = few ? left_upper() : kZero;
  Skip small = {}, end = {};
  if (many) {
    if (few) small = skip_if(Condition::eq, kT0, kZero);
    code().operate(Op::sll, to, n, count);
    code().load_immediate(d, 0);
    if (!few) return;
    end = skip();
    land(small);
  }
  code().shift(Op::srl, kT0, n, 1);
  code().operate_immediate(Op::xor_, kT1, count, -1);
  if (before == kZero) {
    code().operate(Op::srl, to, kT0, kT1);
  } else {
    code().operate(Op::srl, kT0, kT0, kT1);
    code().operate(Op::sll, to, before, count);
    code().operate(Op::or_, to, to, kT0);
  }
  code().operate(Op::sll, d, n, count);
  if (many) land(end);
}

// Of a word whose upper half is 0 or its sign: what is shifted by more than 31 leaves nothing, or the sign.
void Generator::shift_word_right(Op op, Reg count, bool few, bool many) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg n = left();
  if (few && many) code().operate_immediate(Op::and_, kT0, count, 32);
  if (few) code().operate(op, d, n, count);
  if (many) {
    Skip end = {};
    if (few) end = skip_if(Condition::eq, kT0, kZero);
    if (op == Op::sra) {
      code().shift(Op::sra, d, few ? d : n, 31);
    } else {
      code().load_immediate(d, 0);
    }
    if (few) land(end);
  }
  return op == Op::sra ? set_upper_by_sign(dst) : set_upper(dst, 0);
}

void Generator::shift64_right(Op op, Reg count, bool few, bool many) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const Reg n = left();
  const bool wanted = upper_wanted(dst);
  const Reg before = left_upper();
  Skip small = {}, end = {};
  if (many) {
    if (few) {
      code().operate_immediate(Op::and_, kT0, count, 32);
      small = skip_if(Condition::eq, kT0, kZero);
    }
    code().operate(op, d, before, count);
    if (wanted && op == Op::sra) {
      code().shift(Op::sra, high(dst), before, 31);
    } else if (wanted) {
      code().load_immediate(high(dst), 0);
    }
    if (!few) return;
    end = skip();
    land(small);
  }
  code().shift(Op::sll, kT0, before, 1);
  if (wanted) code().operate(op, high(dst), before, count);
  // Behind the last use of the upper word, which may be here.
  code().operate_immediate(Op::xor_, kT1, count, -1);
  code().operate(Op::sll, kT0, kT0, kT1);
  code().operate(Op::srl, d, n, count);
  code().operate(Op::or_, d, d, kT0);
  if (many) land(end);
}

}  // namespace perdita::jit::rv32
