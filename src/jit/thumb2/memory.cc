// SPDX-License-Identifier: Apache-2.0
//
// Loads, stores, wide constants and references (RFC 9669, sections 5.1 to 5.4), atomics (5.3) by the runtime's
// routines.
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Upper;

namespace {

// Routines, and fields of their block (docs/spec/calling.md).
constexpr uint32_t kAtomic32 = 36;
constexpr uint32_t kAtomic64 = 40;
constexpr uint32_t kOperand = kBlock;
constexpr uint32_t kExpected = kBlock + 8;
constexpr uint32_t kAddress = kBlock + 16;
constexpr uint32_t kOperation = kBlock + 20;

}  // namespace

// Where base + offset, and `reach` bytes behind it, can be had; r12 where an instruction's offset is too small for it.
Generator::Address Generator::address(Reg base, int32_t offset, int32_t reach) {
  if (reaches(offset) && reaches(offset + reach)) return {base, offset};
  const bool down = offset < 0;
  operate((down ? Op::sub : Op::add) | Flags::any, kScratch, base, static_cast<uint32_t>(down ? -offset : offset),
          kScratch);
  return {kScratch, 0};
}

bool Generator::next_stores_zero() const {
  const isa::Insn& next = this->next();
  if (next_is_target_ != 0 || next.opcode != (isa::kStx | isa::kMem | isa::kDw) || next.src() != insn_.dst())
    return false;
  return is_zero(facts_of_next(next).src);
}

void Generator::load() {
  const unsigned dst = insn_.dst();
  const Reg d = d_;
  const Reg base = m_;
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  // To be stored with its upper word, which is nothing: that comes along.
  const bool zero = bytes == 8 && !wanted_ && next_stores_zero();
  if ((zero || (bytes == 8 && wanted_)) && index_ == kNone) {
    const bool pair = facts_.alignment_log2 >= 2 && pair_reaches(insn_.offset) && base != d;
    if (pair) {
      const Reg target = !zero ? result_upper() : scratch_is_full() ? lr() : kScratch;
      code().access_pair(true, d, target, base, insn_.offset);
      if (!zero) return put_upper(target);
      if (target == kScratch) return note_scratch(kZero);
      in_lr_ = kZero;
      return;
    }
  }
  if (bytes == 8 && wanted_ && index_ == kNone) {
    const Address at = address(base, insn_.offset, 4);
    const Reg target = upper_target(dst, at.base == kScratch ? lr() : kScratch);
    code().access(Access::word, target, at.base, at.offset + 4);
    code().access(Access::word, d, at.base, at.offset);
    return put_upper(target);
  }
  const bool extends = isa::insn_mode(insn_.opcode) == isa::kMemSx;
  const Access access = bytes >= 4   ? Access::word
                        : bytes == 2 ? (extends ? Access::signed_half : Access::half)
                                     : (extends ? Access::signed_byte : Access::byte);
  if (index_ == kNone) {
    const Address at = address(base, insn_.offset, 0);
    code().access(access, d, at.base, at.offset);
  } else if (shift_ != 0) {
    code().access_indexed(access, d, low(index_), left(), shift_);
  } else {
    code().access_indexed(access, d, left(), low(index_), 0);
  }
  if (bytes == 8) return;
  if (extends) return set_upper_by_sign();
  set_upper(0);
}

void Generator::store() {
  const Reg base = d_;
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  const bool by_value = isa::insn_class(insn_.opcode) == isa::kSt;
  const unsigned src = insn_.src();
  const bool pair = bytes == 8 && facts_.alignment_log2 >= 2 && pair_reaches(insn_.offset) && !by_value;
  if (pair) {
    const bool in_lr = (in_lr_ & kZero) != 0 && is_zero(facts_.src);
    return code().access_pair(false, m_, in_lr ? kLr : upper(src, facts_.src, kScratch), base, insn_.offset);
  }
  const Address at = address(base, insn_.offset, bytes == 8 ? 4 : 0);
  const Access access = bytes >= 4 ? Access::store_word : bytes == 2 ? Access::store_half : Access::store_byte;
  Reg from = m_;
  Reg scratch = kScratch;
  if (at.base == kScratch && (by_value || bytes == 8)) scratch = lr();
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_value) {
    from = constant(bytes == 1 ? value & 0xff : bytes == 2 ? value & 0xffff : value, scratch);
  }
  code().access(access, from, at.base, at.offset);
  if (bytes != 8) return;
  const uint32_t sign = insn_.imm < 0 ? UINT32_MAX : 0;
  if (!by_value) {
    from = upper(src, facts_.src, scratch);
  } else if (value != sign) {
    from = constant(sign, scratch);
  }
  code().access(access, from, at.base, at.offset + 4);
}

void Generator::load_wide() {
  const unsigned dst = insn_.dst();
  const Reg d = d_;
  // A generator is told valid code: the second half is there.
  const auto next = static_cast<uint32_t>(program_.code[pc_ + 1].imm);
  const auto value = static_cast<uint32_t>(insn_.imm);
  next_is_target_ = is_target(++pc_ + 1);
  switch (insn_.src()) {
    case isa::kLddwMap:
    case isa::kLddwMapValue: {
      const bool contents = insn_.src() == isa::kLddwMapValue;
      const auto imports = static_cast<uint32_t>(program_.helpers.size()) + program_.functions;
      if (owed_ != dst) {
        code().access(Access::word, d, kTable, static_cast<int32_t>(8 + 4 * imports + 8 * value + (contents ? 4 : 0)));
      }
      if (contents && (next != 0 || owed_ == kNone || owed_ == dst)) {
        if (owed_ != dst) settle();
        owed_ = static_cast<uint8_t>(dst);
        owed_offset_ = next;
        owed_map_ = insn_.imm;
        if (next > static_cast<uint32_t>(kMostOwed)) settle();
      }
      return set_upper(0);
    }
    case isa::kLddwFunction: {
      const uint32_t index = find_subprogram(program_, pc_ + value);
      // ADD sees the program counter 4 behind itself, and stands behind two instructions of 4 bytes. Bit 0: Thumb.
      const uint32_t here = out_.size() + 12;
      code().move_whole(d, 2 * surveys_[index].entry + 1 - here);
      chain(index, out_.size() - 8, d);
      code().add_program_counter(d);
      return set_upper(0);
    }
    default:
      code().move_immediate(d, value, Flags::any);
      return set_upper(next);
  }
}

void Generator::atomic() {
  const unsigned src = insn_.src();
  const bool wide = isa::access_bytes(insn_.opcode) == 8;
  const bool compares = insn_.imm == isa::kCmpxchg;
  code().save_word(m_, kOperand);
  if (wide) code().save_word(upper(src, facts_.src, kScratch), kOperand + 4);
  if (compares) {
    code().save_word(low(0), kExpected);
    if (wide) code().save_word(upper(0, facts_.dst, kScratch), kExpected + 4);
  }
  Reg address = d_;
  if (insn_.offset != 0) {
    const bool down = insn_.offset < 0;
    operate((down ? Op::sub : Op::add) | Flags::any, kScratch, address,
            static_cast<uint32_t>(down ? -insn_.offset : insn_.offset), kScratch);
    address = kScratch;
  }
  code().save_word(address, kAddress);
  code().move_immediate(kScratch, static_cast<uint32_t>(insn_.imm), Flags::any);
  code().save_word(kScratch, kOperation);
  call_routine(wide ? kAtomic64 : kAtomic32);
  if ((insn_.imm & isa::kFetch) == 0) return;
  const unsigned result = compares ? 0 : src;
  code().restore_word(low(result), kOperand);
  if (!upper_wanted(result)) return;
  if (!wide) return upper_done(result, upper(kFrame, Upper::zero, upper_target(result, kScratch)));
  const Reg target = upper_target(result, kScratch);
  code().restore_word(target, kOperand + 4);
  upper_done(result, target);
}

}  // namespace perdita::jit::thumb2
