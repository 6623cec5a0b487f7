// SPDX-License-Identifier: Apache-2.0
//
// Shifts of 64 bits (RFC 9669, section 4.1).
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::ShiftCount;
using isa::Upper;

void Generator::shift64_immediate(Shift kind, unsigned count) {
  const Reg d = d_;
  const Reg before = left();
  const Upper fact = left_fact();
  if (count == 0) return keep_upper();
  const Reg target = result_upper();
  if (kind == Shift::lsl) {
    if (wanted_) {
      if (count == 32) {
        put_upper(before);
      } else if (count > 32) {
        code().shift(Shift::lsl | Flags::any, target, before, count - 32);
        put_upper(target);
      } else if (is_zero(fact)) {
        code().shift(Shift::lsr | Flags::any, target, before, 32 - count);
        put_upper(target);
      } else {
        code().shift(Shift::lsl | Flags::any, target, left_upper(kScratch), count);
        code().operate_shifted(Op::orr, target, target, before, Shift::lsr, 32 - count);
        last_upper(target);
      }
    }
    if (count >= 32) {
      code().move_immediate(d, 0, Flags::any);
    } else {
      code().shift(Shift::lsl | Flags::any, d, before, count);
    }
    return;
  }
  const bool by_sign = is_sign(fact) && kind == Shift::asr;
  if (!shifted_up_ && (is_zero(fact) || by_sign)) {
    const Shift word = is_zero(fact) ? Shift::lsr : Shift::asr;
    if (count < 32) {
      code().shift(word | Flags::any, d, before, count);
    } else if (word == Shift::asr) {
      code().shift(word | Flags::any, d, before, 31);
    } else {
      code().move_immediate(d, 0, Flags::any);
    }
    if (word == Shift::asr) return set_upper_by_sign();
    return set_upper(0);
  }
  if (count < 32) {
    const Reg from = left_upper(kScratch);
    code().shift(Shift::lsr | Flags::any, d, before, count);
    code().operate_shifted(Op::orr, d, d, from, Shift::lsl, 32 - count);
    if (!wanted_) return;
    code().shift(kind | Flags::any, target, from, count);
    return last_upper(target);
  }
  const Reg from = shifted_up_ ? before : left_upper(d);
  if (count > 32) {
    code().shift(kind | Flags::any, d, from, count - 32);
  } else if (from != d) {
    code().move(d, from);
  }
  if (kind == Shift::asr) return set_upper_by_sign();
  set_upper(0);
}

void Generator::shift64_register(Shift kind) {
  const Reg d = d_;
  const Reg count = m_;
  const bool masks = facts_.count == ShiftCount::unknown;
  // One word is enough: what is shifted by more than 31 is shifted out.
  const bool word = (kind == Shift::lsl && !wanted_) || (kind != Shift::lsl && is_zero(facts_.dst)) ||
                    (kind == Shift::asr && is_sign(facts_.dst));
  if (word) {
    if (masks) static_cast<void>(code().operate_immediate(Op::and_ | Flags::any, kScratch, count, 63));
    const Shift how = kind == Shift::asr && is_zero(facts_.dst) ? Shift::lsr : kind;
    code().shift_by_register(how, d, left(), masks ? kScratch : count);
    if (kind == Shift::lsl) return;
    if (how == Shift::asr) return set_upper_by_sign();
    return set_upper(0);
  }
  if (masks) {
    static_cast<void>(code().operate_immediate(Op::and_ | Flags::any, lr(), count, 63));
  } else {
    code().move(lr(), count);
  }
  if (kind == Shift::lsl) return shift64_left();
  shift64_right(kind);
}

// The count is in lr.
void Generator::shift64_left() {
  const unsigned dst = insn_.dst();
  const Reg d = d_;
  const Reg target = result_upper();
  uint32_t few = 0;
  uint32_t end = 0;
  if (facts_.count != ShiftCount::below_32) {
    static_cast<void>(code().operate_immediate(Op::sub | Flags::set, kScratch, kLr, 32));
    if (facts_.count != ShiftCount::from_32) few = skip();
    code().shift_by_register(Shift::lsl, target, d, kScratch);
    code().move_immediate(d, 0, Flags::any);
    put_upper(target);
    if (facts_.count == ShiftCount::from_32) return;
    end = skip();
    land(few, kMi);
  }
  // Below 32: times 1 << count, in 64 bits.
  code().move_immediate(kScratch, 1, Flags::any);
  code().shift_by_register(Shift::lsl, kLr, kScratch, kLr);
  if (is_zero(facts_.dst)) {
    code().multiply_long(false, d, target, d, kLr);
  } else {
    code().multiply(kScratch, upper(dst, facts_.dst, kScratch), kLr);
    code().multiply_long(false, d, kLr, d, kLr);
    code().operate(Op::add | Flags::any, target, kScratch, kLr);
  }
  put_upper(target);
  if (end != 0) land(end, kAlways);
}

// The count is in lr. Not of a zero-extended word.
void Generator::shift64_right(Shift kind) {
  const unsigned dst = insn_.dst();
  const Reg d = d_;
  if (facts_.dst != Upper::in_register) {
    // Written where it belongs, for it is needed twice.
    put_upper(upper(dst, facts_.dst, result_upper()));
  }
  const Upper there = Upper::in_register;
  uint32_t few = 0;
  uint32_t end = 0;
  if (facts_.count != ShiftCount::below_32) {
    static_cast<void>(code().operate_immediate(Op::sub | Flags::set, kScratch, kLr, 32));
    if (facts_.count != ShiftCount::from_32) few = skip();
    code().shift_by_register(kind, d, upper(dst, there, kLr), kScratch);
    if (kind == Shift::asr) {
      set_upper_by_sign();
    } else {
      set_upper(0);
    }
    if (facts_.count == ShiftCount::from_32) return;
    end = skip();
    land(few, kMi);
  }
  // Below 32: what comes down is shifted up by 32 - count, all of it where the count is 0.
  code().shift_by_register(Shift::lsr, d, d, kLr);
  static_cast<void>(code().operate_immediate(Op::rsb | Flags::keep, kLr, kLr, 32));
  code().shift_by_register(Shift::lsl, kScratch, upper(dst, there, kScratch), kLr);
  code().operate(Op::orr | Flags::any, d, d, kScratch);
  if (wanted_) {
    const Reg target = result_upper();
    static_cast<void>(code().operate_immediate(Op::rsb | Flags::keep, kLr, kLr, 32));
    code().shift_by_register(kind, target, upper(dst, there, kScratch), kLr);
    put_upper(target);
  }
  if (end != 0) land(end, kAlways);
}

}  // namespace perdita::jit::thumb2
