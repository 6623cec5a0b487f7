// SPDX-License-Identifier: Apache-2.0
//
// Loads, stores, wide constants and references (RFC 9669, sections 5.1 to 5.4), atomics (5.3) by the runtime's
// routines. What is not aligned is put together from its bytes, the highest first.
#include "isa/form.h"
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

namespace {

// Routines, and fields of their block (docs/spec/calling.md).
constexpr uint32_t kAtomic32 = 36;
constexpr uint32_t kAtomic64 = 40;
constexpr int32_t kOperand = kBlock;
constexpr int32_t kExpected = kBlock + 8;
constexpr int32_t kAddress = kBlock + 16;
constexpr int32_t kOperation = kBlock + 20;

}  // namespace

// Where base + offset, and `reach` bytes behind it, can be had.
Generator::Address Generator::address(Reg base, int32_t offset, int32_t reach) {
  if (fits12(offset) && fits12(offset + reach)) return {base, offset};
  const int32_t most = offset > 0 ? 2040 : -2048;
  if (fits12(offset - most) && fits12(offset - most + reach)) {
    code().operate_immediate(Op::add, kT2, base, most);
    return {kT2, offset - most};
  }
  code().operate(Op::add, kT2, base, constant(static_cast<uint32_t>(offset), kT2));
  return {kT2, 0};
}

// t0 and t1 are scratch; the base may be d.
void Generator::load_part(Reg d, Address at, unsigned bytes, bool is_signed, unsigned alignment) {
  const unsigned unit = 1u << alignment;
  if (unit >= bytes) {
    const Load kind = bytes == 4   ? Load::word
                      : bytes == 2 ? (is_signed ? Load::signed_half : Load::half)
                                   : (is_signed ? Load::signed_byte : Load::byte);
    return code().load(kind, d, at.base, at.offset);
  }
  const Load next = unit == 2 ? Load::half : Load::byte;
  auto offset = at.offset + static_cast<int32_t>(bytes - unit);
  code().load(is_signed && unit == 1 ? Load::signed_byte : next, kT0, at.base, offset);
  for (; offset != at.offset;) {
    offset -= static_cast<int32_t>(unit);
    const bool last = offset == at.offset;
    code().load(next, last ? d : kT1, at.base, offset);
    code().shift(Op::sll, kT0, kT0, 8 * unit);
    code().operate(Op::or_, last ? d : kT0, last ? d : kT0, last ? kT0 : kT1);
  }
}

// The highest byte first.
void Generator::load_swapped(Reg d, Address at, unsigned bytes) {
  code().load(Load::byte, kT0, at.base, at.offset);
  for (unsigned i = 1; i < bytes; i++) {
    const bool last = i + 1 == bytes;
    code().load(Load::byte, last ? d : kT1, at.base, at.offset + static_cast<int32_t>(i));
    code().shift(Op::sll, kT0, kT0, 8);
    code().operate(Op::or_, last ? d : kT0, last ? d : kT0, last ? kT0 : kT1);
  }
}

// With the byte order behind, whose facts tell about the result.
void Generator::load_in_network_order() {
  const unsigned dst = insn_.dst();
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  const Address at = address(low(insn_.src()), insn_.offset, static_cast<int32_t>(bytes) - 1);
  facts_of_next(insn_at(pc_ + 1), facts_);
  done_ = true;
  if (bytes != 8) {
    load_swapped(low(dst), at, bytes);
    return set_upper(dst, 0);
  }
  if (upper_wanted(dst)) load_swapped(high(dst), at, 4);
  load_swapped(low(dst), {at.base, at.offset + 4}, 4);
}

void Generator::load() {
  if (loads_in_network_order()) return load_in_network_order();
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  const bool wide = bytes == 8 && upper_wanted(dst);
  const bool extends = isa::insn_mode(insn_.opcode) == isa::kMemSx;
  const Address at =
      address(low(insn_.src()), insn_.offset, wide ? 7 : static_cast<int32_t>(bytes > 4 ? 4 : bytes) - 1);
  if (wide) load_part(high(dst), {at.base, at.offset + 4}, 4, false, facts_.alignment_log2);
  load_part(d, at, bytes == 8 ? 4 : bytes, extends, facts_.alignment_log2);
  if (bytes == 8) return;
  if (extends) return set_upper_by_sign(dst);
  set_upper(dst, 0);
}

// t1 is scratch.
void Generator::store_part(Reg s, Address at, unsigned bytes, unsigned alignment) {
  const unsigned unit = 1u << alignment;
  if (unit >= bytes) {
    return code().store(bytes == 4 ? Store::word : bytes == 2 ? Store::half : Store::byte, s, at.base, at.offset);
  }
  const Store kind = unit == 2 ? Store::half : Store::byte;
  for (unsigned i = 0; i < bytes; i += unit) {
    const bool shifts = i != 0 && s != kZero;
    if (shifts) code().shift(Op::srl, kT1, s, 8 * i);
    code().store(kind, shifts ? kT1 : s, at.base, at.offset + static_cast<int32_t>(i));
  }
}

void Generator::store() {
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  const bool by_value = isa::insn_class(insn_.opcode) == isa::kSt;
  const unsigned src = insn_.src();
  const Address at = address(low(insn_.dst()), insn_.offset, static_cast<int32_t>(bytes) - 1);
  const Address above = {at.base, at.offset + 4};
  const unsigned alignment = facts_.alignment_log2;
  auto value = static_cast<uint32_t>(insn_.imm);
  if (bytes < 4) value = static_cast<uint32_t>(static_cast<int32_t>(value << (32 - 8 * bytes)) >> (32 - 8 * bytes));
  const Reg from = by_value ? constant(value, kT0) : low(src);
  store_part(from, at, bytes == 8 ? 4 : bytes, alignment);
  if (bytes != 8) return;
  if (!by_value) return store_part(upper(src, facts_.src, kT0), above, 4, alignment);
  const uint32_t sign = insn_.imm < 0 ? UINT32_MAX : 0;
  store_part(value == sign ? from : constant(sign, kT0), above, 4, alignment);
}

void Generator::load_wide() {
  const unsigned dst = insn_.dst();
  const Reg d = low(dst);
  // A generator is told valid code: the second half is there.
  const auto next = static_cast<uint32_t>(insn_at(pc_ + 1).imm);
  const auto value = static_cast<uint32_t>(insn_.imm);
  switch (insn_.src()) {
    case isa::kLddwMap:
    case isa::kLddwMapValue: {
      const bool contents = insn_.src() == isa::kLddwMapValue;
      const auto imports = static_cast<uint32_t>(program_.helpers.size()) + program_.functions;
      code().load(Load::word, d, kTable, static_cast<int32_t>(8 + 4 * imports + 8 * value + (contents ? 4 : 0)));
      if (contents && next != 0) {
        if (fits12(static_cast<int32_t>(next))) {
          code().operate_immediate(Op::add, d, d, static_cast<int32_t>(next));
        } else {
          code().operate(Op::add, d, d, constant(next, kT0));
        }
      }
      return set_upper(dst, 0);
    }
    case isa::kLddwFunction:
      code().address_of(d, 0);  // close_jumps() knows it
      return set_upper(dst, 0);
    default:
      code().load_immediate(d, value);
      return set_upper(dst, next);
  }
}

void Generator::atomic() {
  const unsigned src = insn_.src();
  const bool wide = isa::access_bytes(insn_.opcode) == 8;
  const bool compares = insn_.imm == isa::kCmpxchg;
  code().store(Store::word, low(src), kSp, kOperand);
  if (wide) code().store(Store::word, upper(src, facts_.src, kT0), kSp, kOperand + 4);
  if (compares) {
    code().store(Store::word, low(0), kSp, kExpected);
    if (wide) code().store(Store::word, upper(0, facts_.dst, kT0), kSp, kExpected + 4);
  }
  Reg address = low(insn_.dst());
  if (insn_.offset != 0) {
    if (fits12(insn_.offset)) {
      code().operate_immediate(Op::add, kT0, address, insn_.offset);
    } else {
      const Address at = this->address(address, insn_.offset, 0);
      code().operate_immediate(Op::add, kT0, at.base, at.offset);
    }
    address = kT0;
  }
  code().store(Store::word, address, kSp, kAddress);
  code().store(Store::word, constant(static_cast<uint32_t>(insn_.imm), kT0), kSp, kOperation);
  call_routine(wide ? kAtomic64 : kAtomic32);
  if ((insn_.imm & isa::kFetch) == 0) return;
  const unsigned result = compares ? 0 : src;
  code().load(Load::word, low(result), kSp, kOperand);
  if (!wide) return set_upper(result, 0);
  if (upper_wanted(result)) code().load(Load::word, high(result), kSp, kOperand + 4);
}

}  // namespace perdita::jit::rv32
