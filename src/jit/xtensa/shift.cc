// SPDX-License-Identifier: Apache-2.0
//
// Shifts (RFC 9669, section 4.1). Counts are taken modulo 32 by SSL and SSR; of 64 bits the sixth bit decides about
// another whole word.
#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

using isa::ShiftCount;

void Generator::shift32(Shift kind) {
  const Reg d = low(insn_.dst());
  if (!by_register()) {
    const unsigned count = static_cast<uint32_t>(insn_.imm) & 31;
    if (count == 0) return copy(d, left());
    return code().shift(kind, d, left(), count);
  }
  if (kind == Shift::left) {
    code().amount_left(low(insn_.src()));
  } else {
    code().amount_right(low(insn_.src()));
  }
  code().shift_by_amount(kind, d, left());
}

void Generator::shift64_immediate(Shift kind, unsigned count) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  if (count == 0) return keep_upper(dst, facts_.dst);
  const Reg target = upper_target(dst, kScratch);
  if (kind == Shift::left) {
    if (upper_wanted(dst)) {
      if (count == 32) {
        upper_done(dst, d);
      } else if (count > 32) {
        code().shift(Shift::left, target, d, count - 32);
        upper_done(dst, target);
      } else if (is_zero(facts_.dst)) {
        code().shift(Shift::right, target, d, 32 - count);
        upper_done(dst, target);
      } else {
        const Word from = upper(dst, facts_.dst, kScratch);
        code().amount(32 - count);
        code().operate(Op::src, target, from.reg, d);
        upper_done(dst, target);
      }
    }
    if (count >= 32) return constant(d, 0);
    return code().shift(Shift::left, d, left(), count);
  }
  const bool by_sign = is_sign(facts_.dst) && kind == Shift::right_signed;
  if (is_zero(facts_.dst) || by_sign) {
    const Shift word = is_zero(facts_.dst) ? Shift::right : Shift::right_signed;
    if (count < 32) {
      code().shift(word, d, d, count);
    } else if (word == Shift::right_signed) {
      code().shift(word, d, d, 31);
    } else {
      constant(d, 0);
    }
    if (word == Shift::right_signed) return set_upper_by_sign(dst);
    return set_upper(dst, 0);
  }
  if (count < 32) {
    const Reg from = upper(dst, facts_.dst, kScratch).reg;
    code().amount(count);
    code().operate(Op::src, d, from, d);
    if (!upper_wanted(dst)) return;
    code().shift(kind, target, from, count);
    return upper_done(dst, target);
  }
  const Reg from = upper(dst, facts_.dst, d).reg;
  if (count > 32) {
    code().shift(kind, d, from, count - 32);
  } else {
    copy(d, from);
  }
  if (kind == Shift::right_signed) return set_upper_by_sign(dst);
  set_upper(dst, 0);
}

void Generator::shift64_register(Shift kind) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  // One word is enough.
  const bool word = (kind == Shift::left && !upper_wanted(dst)) || (kind != Shift::left && is_zero(facts_.dst)) ||
                    (kind == Shift::right_signed && is_sign(facts_.dst));
  if (!word) return shift64_whole(kind);
  const Shift how = kind == Shift::right_signed && is_zero(facts_.dst) ? Shift::right : kind;
  const bool asks = facts_.count == ShiftCount::unknown || facts_.count == ShiftCount::below_64;
  Reg count = low(insn_.src());
  if (facts_.count != ShiftCount::from_32) {
    if (asks && count == d) {
      copy(kOther, count);
      count = kOther;
    }
    if (how == Shift::left) {
      code().amount_left(count);
    } else {
      code().amount_right(count);
    }
    code().shift_by_amount(how, d, left());
  }
  if (facts_.count != ShiftCount::below_32) {
    Skip few = {kNowhere, {}};
    if (asks) few = skip(Ask::none, in(count), number(32));
    if (how == Shift::right_signed) {
      code().shift(how, d, asks ? d : left(), 31);
    } else {
      constant(d, 0);
    }
    land(few);
  }
  if (kind == Shift::left) return;
  if (how == Shift::right_signed) return set_upper_by_sign(dst);
  set_upper(dst, 0);
}

// By the low five bits of the count, and where its sixth is set, by a word more.
void Generator::shift64_whole(Shift kind) {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const bool wanted = upper_wanted(dst);
  const bool asks = facts_.count == ShiftCount::unknown || facts_.count == ShiftCount::below_64;
  const Reg target = wanted ? upper_target(dst, kScratch) : kScratch;
  Reg count = low(insn_.src());
  if (asks && count == d) {
    copy(kOther, count);
    count = kOther;
  }
  if (kind == Shift::left) {
    if (facts_.count == ShiftCount::from_32) {
      code().amount_left(count);
      code().shift_by_amount(kind, target, d);
      constant(d, 0);
      return upper_done(dst, target);
    }
    const Reg from = in_register(upper(dst, facts_.dst, kScratch), kScratch);
    code().amount_left(count);
    code().operate(Op::src, target, from, d);
    code().shift_by_amount(kind, d, d);
    if (asks) {
      const Skip few = skip(Ask::none, in(count), number(32));
      copy(target, d);
      constant(d, 0);
      land(few);
    }
    return upper_done(dst, target);
  }
  const Reg from = upper(dst, facts_.dst, kScratch).reg;
  code().amount_right(count);
  if (facts_.count == ShiftCount::from_32) {
    code().shift_by_amount(kind, d, from);
    if (kind == Shift::right_signed) return set_upper_by_sign(dst);
    return set_upper(dst, 0);
  }
  code().operate(Op::src, d, from, d);
  if (!asks && !wanted) return;
  code().shift_by_amount(kind, target, from);
  if (asks) {
    const Skip few = skip(Ask::none, in(count), number(32));
    copy(d, target);
    if (!wanted) {
      // nobody reads it
    } else if (kind == Shift::right_signed) {
      code().shift(kind, target, target, 31);
    } else {
      constant(target, 0);
    }
    land(few);
  }
  if (wanted) upper_done(dst, target);
}

}  // namespace perdita::jit::xt
