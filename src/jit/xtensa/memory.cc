// SPDX-License-Identifier: Apache-2.0
//
// Loads, stores, wide constants and references (RFC 9669, sections 5.1 to 5.4), atomics (5.3) by the runtime's
// routines. An access whose alignment is not proved is made of halfwords or bytes.
#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

namespace {

// Routines, and fields of their block (docs/spec/calling.md).
constexpr uint32_t kAtomic32 = 36;
constexpr uint32_t kAtomic64 = 40;
constexpr int32_t kExpected = kBlock + 8;
constexpr int32_t kAddress = kBlock + 16;
constexpr int32_t kOperation = kBlock + 20;

unsigned smaller(unsigned a, unsigned b) { return a < b ? a : b; }

}  // namespace

// Of the instruction's access: in units of that many bytes, up to `reach` behind its offset. a8 where the offset is too
// large for an instruction, or below 0.
Generator::Address Generator::address(unsigned reg, unsigned unit, int32_t reach) {
  const Reg base = low(reg);
  int32_t offset = insn_.offset;
  if (reg == isa::kFrameRegister && has_frame_) offset += static_cast<int32_t>(stack_bytes());
  if (reaches(offset, unit) && reaches(offset + reach, unit)) return {base, offset};
  // ADDMI, and what it leaves over.
  const int32_t rest = offset & 255;
  if (reaches(rest, unit) && reaches(rest + reach, unit) &&
      code().add_immediate(kScratch, base, static_cast<uint32_t>(offset - rest))) {
    return {kScratch, rest};
  }
  add_constant(kScratch, base, static_cast<uint32_t>(offset), kScratch);
  return {kScratch, 0};
}

void Generator::load() {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg d = low(dst);
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  const unsigned unit = smaller(smaller(bytes, 4), 1u << facts_.alignment_log2);
  const bool extends = isa::insn_mode(insn_.opcode) == isa::kMemSx;
  const bool both = bytes == 8 && upper_wanted(dst);
  const auto size = static_cast<int32_t>(smaller(bytes, both ? 8 : 4));
  Address at = address(src, unit, size - static_cast<int32_t>(unit));
  if (bytes >= 4) {
    // In pieces, the base is needed until the last.
    if (at.base == d && unit == 1) {
      code().move(kScratch, d);
      at.base = kScratch;
    }
    if (unit == 1) code().amount(8);
    if (both) {
      // A word of pieces goes by way of d, for a9 is taken.
      const Reg target = upper_target(dst, unit != 4 && at.base != d ? d : kOther);
      load_word(target, {at.base, at.offset + 4}, unit);
      upper_done(dst, target);
    }
    load_word(d, at, unit);
    if (bytes == 8) return;
  } else if (bytes == 2 && unit == 2) {
    code().access(extends ? Access::signed_half : Access::half, d, at.base, at.offset);
  } else if (bytes == 2) {
    code().access(Access::byte, kOther, at.base, at.offset + 1);
    code().access(Access::byte, d, at.base, at.offset);
    code().shift(Shift::left, kOther, kOther, extends ? 24 : 8);
    if (extends) code().shift(Shift::right_signed, kOther, kOther, 16);
    code().operate(Op::or_, d, d, kOther);
  } else {
    code().access(Access::byte, d, at.base, at.offset);
    if (extends) {
      code().shift(Shift::left, d, d, 24);
      code().shift(Shift::right_signed, d, d, 24);
    }
  }
  if (extends) return set_upper_by_sign(dst);
  set_upper(dst, 0);
}

// With SAR 8 for bytes: each is shifted in from above. The base lives to the last piece, where it is not d to the end.
void Generator::load_word(Reg d, Address at, unsigned unit) {
  if (unit == 4) return code().access(Access::word, d, at.base, at.offset);
  if (unit == 2) {
    const Reg high = d == kOther ? third() : kOther;
    code().access(Access::half, high, at.base, at.offset + 2);
    code().access(Access::half, d, at.base, at.offset);
    code().shift(Shift::left, high, high, 16);
    return code().operate(Op::or_, d, d, high);
  }
  for (int32_t i = 0; i < 4; i++) {
    code().access(Access::byte, kOther, at.base, at.offset + i);
    code().operate(Op::src, d, kOther, d);
  }
}

void Generator::store() {
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  const unsigned unit = smaller(smaller(bytes, 4), 1u << facts_.alignment_log2);
  const bool by_value = isa::insn_class(insn_.opcode) == isa::kSt;
  const Address at = address(insn_.dst(), unit, static_cast<int32_t>(bytes - unit));
  const Address above = {at.base, at.offset + 4};
  if (by_value) {
    const auto value = static_cast<uint32_t>(insn_.imm);
    const uint32_t sign = insn_.imm < 0 ? UINT32_MAX : 0;
    store_number(value, at, unit, smaller(bytes, 4));
    if (bytes != 8) return;
    if (unit == 4 && value == sign) {
      code().access(Access::store_word, kOther, above.base, above.offset);
    } else {
      store_number(sign, above, unit, 4);
    }
    return;
  }
  const unsigned src = insn_.src();
  store_word(operand(src).reg, at, unit, smaller(bytes, 4));
  if (bytes != 8) return;
  const Word high = upper(src, facts_.src, kOther);
  if (high.known) {
    store_number(high.value, above, unit, 4);
  } else {
    store_word(high.reg, above, unit, 4);
  }
}

// In pieces by way of a9, which may be s itself.
void Generator::store_word(Reg s, Address at, unsigned unit, unsigned bytes) {
  const Access access = unit == 1 ? Access::store_byte : unit == 2 ? Access::store_half : Access::store_word;
  code().access(access, s, at.base, at.offset);
  for (unsigned done = unit; done < bytes; done += unit) {
    const bool again = s == kOther;
    code().shift(Shift::right, kOther, s, again ? 8 * unit : 8 * done);
    code().access(access, kOther, at.base, at.offset + static_cast<int32_t>(done));
  }
}

void Generator::store_number(uint32_t value, Address at, unsigned unit, unsigned bytes) {
  const Access access = unit == 1 ? Access::store_byte : unit == 2 ? Access::store_half : Access::store_word;
  const uint32_t mask = unit == 4 ? UINT32_MAX : (1u << 8 * unit) - 1;
  for (unsigned done = 0; done < bytes; done += unit) {
    const uint32_t piece = value >> 8 * done & mask;
    if (done == 0 || piece != (value >> 8 * (done - unit) & mask)) constant(kOther, piece);
    code().access(access, kOther, at.base, at.offset + static_cast<int32_t>(done));
  }
}

void Generator::load_wide() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  // A generator is told valid code: the second half is there.
  const auto next = static_cast<uint32_t>(program_.code[pc_ + 1].imm);
  const auto value = static_cast<uint32_t>(insn_.imm);
  switch (insn_.src()) {
    case isa::kLddwMap:
    case isa::kLddwMapValue: {
      const bool contents = insn_.src() == isa::kLddwMapValue;
      const auto imports = static_cast<uint32_t>(program_.helpers.size()) + program_.functions;
      load_linked(d, 8 + 4 * imports + 8 * value + (contents ? 4 : 0));
      if (contents) add_constant(d, d, next, kScratch);
      return set_upper(dst, 0);
    }
    case isa::kLddwFunction:
      load_function();
      return set_upper(dst, 0);
    default:
      constant(d, value);
      return set_upper(dst, next);
  }
}

// L32I reaches 1020 bytes into the link table.
void Generator::load_linked(Reg d, uint32_t offset) {
  Reg base = kTable;
  if (offset > 1020) {
    static_cast<void>(code().add_immediate(kScratch, base, 256));
    base = kScratch;
    offset -= 256;
  }
  code().access(Access::word, d, base, static_cast<int32_t>(offset));
}

// CALL0 to the next multiple of 4 leaves the address behind it in a0, which is as far from the subprogram as the
// literal says, once close_jumps() knows that.
void Generator::load_function() {
  const Reg d = low(insn_.dst());
  static_cast<void>(third());
  const uint32_t here = position() + 3;
  const uint32_t landing = (here + 3) & ~3u;
  code().call(static_cast<int32_t>(landing - ((here - 3) & ~3u)));
  code().fill(landing - here);
  load_literal(d, literals_++, 0);
  code().operate(Op::add, d, d, kReturn);
}

void Generator::atomic() {
  const unsigned src = insn_.src();
  const bool wide = isa::access_bytes(insn_.opcode) == 8;
  const bool compares = insn_.imm == isa::kCmpxchg;
  const auto put = [this](Reg from, int32_t where) { code().access(Access::store_word, from, kSp, where); };
  put(operand(src).reg, kBlock);
  if (wide) put(in_register(upper(src, facts_.src, kScratch), kScratch), kBlock + 4);
  if (compares) {
    put(low(0), kExpected);
    if (wide) put(in_register(upper(0, facts_.dst, kScratch), kScratch), kExpected + 4);
  }
  int32_t offset = insn_.offset;
  if (insn_.dst() == isa::kFrameRegister && has_frame_) offset += static_cast<int32_t>(stack_bytes());
  Reg address = low(insn_.dst());
  if (offset != 0) {
    add_constant(kScratch, address, static_cast<uint32_t>(offset), kScratch);
    address = kScratch;
  }
  put(address, kAddress);
  constant(kScratch, static_cast<uint32_t>(insn_.imm));
  put(kScratch, kOperation);
  call_routine(wide ? kAtomic64 : kAtomic32);
  if ((insn_.imm & isa::kFetch) == 0) return;
  const unsigned result = compares ? 0 : src;
  code().access(Access::word, low(result), kSp, kBlock);
  if (!wide) return set_upper(result, 0);
  if (!upper_wanted(result)) return;
  const Reg target = upper_target(result, kScratch);
  code().access(Access::word, target, kSp, kBlock + 4);
  upper_done(result, target);
}

}  // namespace perdita::jit::xt
