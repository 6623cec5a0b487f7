// SPDX-License-Identifier: Apache-2.0
#include "jit/thumb2/encode.h"

namespace perdita::jit::thumb2 {
namespace {

constexpr bool low(unsigned reg) { return reg < 8; }
constexpr bool low(unsigned a, unsigned b) { return (a | b) < 8; }

uint32_t set_bit(Flags flags) { return flags == Flags::set ? 1u << 4 : 0; }

// A6.2.2; 0: none.
uint32_t narrow_opcode(Op op) {
  switch (op) {
    case Op::and_:
      return 0x4000;
    case Op::eor:
      return 0x4040;
    case Op::adc:
      return 0x4140;
    case Op::sbc:
      return 0x4180;
    case Op::orr:
      return 0x4300;
    default:
      return 0;
  }
}

bool commutes(Op op) { return op == Op::and_ || op == Op::eor || op == Op::adc || op == Op::orr; }

}  // namespace

bool modified_immediate(uint32_t value, uint32_t& bits) {
  const uint32_t byte = value & 0xff;
  if (value == byte) {
    bits = byte;
    return true;
  }
  if (value == byte * 0x00010001u) {
    bits = 1u << 8 | byte;
    return true;
  }
  const uint32_t second = value >> 8 & 0xff;
  if (value == second * 0x01000100u) {
    bits = 2u << 8 | second;
    return true;
  }
  if (value == byte * 0x01010101u) {
    bits = 3u << 8 | byte;
    return true;
  }
  // 1bcdefgh, rotated right by 8 to 31: its highest bit lies at 31 to 8.
  const auto above = static_cast<uint32_t>(__builtin_clz(value));
  if (above > 23 || (value & ~(0xff000000u >> above)) != 0) return false;
  bits = (above + 8) << 7 | (value >> (24 - above) & 0x7f);
  return true;
}

void Encoder::move(Reg d, Reg m) {
  writes(d);
  out_.half(0x4600u | (d & 8u) << 4 | m << 3 | (d & 7u));
}

void Encoder::move_immediate(Reg d, uint32_t value, Flags flags) {
  uint32_t bits;
  if (low(d) && value < 256 && flags == Flags::any) {
    out_.half(0x2000u | d << 8 | value);
  } else if (modified_immediate(value, bits)) {
    immediate(0xf04f, d, bits);
  } else if (modified_immediate(~value, bits)) {
    immediate(0xf06f, d, bits);
  } else {
    immediate(0xf240u | (value >> 12 & 0xf), d, value & 0xfff);
    if (value >> 16 != 0) immediate(0xf2c0u | value >> 28, d, value >> 16 & 0xfff);
  }
}

void Encoder::move_whole(Reg d, uint32_t value) {
  immediate(0xf240u | (value >> 12 & 0xf), d, value & 0xfff);
  immediate(0xf2c0u | value >> 28, d, value >> 16 & 0xfff);
}

void Encoder::move_not(Reg d, Reg m) {
  writes(d);
  wide(0xea6f, static_cast<uint32_t>(d) << 8 | m);
}

void Encoder::operate(Operation operation, Reg d, Reg n, Reg m) {
  const Op op = op_of(operation);
  const Flags flags = flags_of(operation);
  writes(d);
  if (op == Op::add && flags != Flags::set && (d == n || d == m) && d != kSp) {
    out_.half(0x4400u | (d & 8u) << 4 | static_cast<uint32_t>(d == n ? m : n) << 3 | (d & 7u));
    return;
  }
  if (flags != Flags::keep) {
    if ((op == Op::add || op == Op::sub) && low(d) && low(n, m)) {
      out_.half((op == Op::add ? 0x1800u : 0x1a00u) | m << 6 | n << 3 | d);
      return;
    }
    const uint32_t narrow = narrow_opcode(op);
    const bool swapped = d == m && commutes(op);
    if (narrow != 0 && (d == n || swapped) && low(n, m)) {
      out_.half(narrow | static_cast<uint32_t>(d == n ? m : n) << 3 | d);
      return;
    }
  }
  wide(0xea00u | static_cast<uint32_t>(op) << 5 | set_bit(flags) | n, static_cast<uint32_t>(d) << 8 | m);
}

void Encoder::operate_shifted(Op op, Reg d, Reg n, Reg m, Shift shift, unsigned count) {
  writes(d);
  wide(0xea00u | static_cast<uint32_t>(op) << 5 | n,
       (count >> 2) << 12 | static_cast<uint32_t>(d) << 8 | (count & 3) << 6 | static_cast<uint32_t>(shift) << 4 | m);
}

bool Encoder::operate_immediate(Operation operation, Reg d, Reg n, uint32_t value) {
  const Op op = op_of(operation);
  const Flags flags = flags_of(operation);
  const bool sum = op == Op::add || op == Op::sub;
  if (flags != Flags::keep && low(d, n)) {
    if (sum && value < 8 && (d != n || flags == Flags::set)) {
      out_.half((op == Op::add ? 0x1c00u : 0x1e00u) | value << 6 | n << 3 | d);
      return true;
    }
    if (sum && d == n && value < 256) {
      out_.half((op == Op::add ? 0x3000u : 0x3800u) | d << 8 | value);
      return true;
    }
    if (op == Op::rsb && value == 0) {
      out_.half(0x4240u | n << 3 | d);
      return true;
    }
  }
  uint32_t bits;
  if (modified_immediate(value, bits)) {
    immediate(0xf000u | static_cast<uint32_t>(op) << 5 | set_bit(flags) | n, d, bits);
    return true;
  }
  if (sum && flags != Flags::set && value < 4096) {
    immediate((op == Op::add ? 0xf200u : 0xf2a0u) | n, d, value);
    return true;
  }
  return false;
}

void Encoder::compare(Reg n, Reg m) {
  if (low(n, m)) {
    out_.half(0x4280u | m << 3 | n);
  } else {
    out_.half(0x4500u | (n & 8u) << 4 | m << 3 | (n & 7u));
  }
}

bool Encoder::compare_immediate(Reg n, uint32_t value) {
  uint32_t bits;
  if (low(n) && value < 256) {
    out_.half(0x2800u | n << 8 | value);
  } else if (modified_immediate(value, bits)) {
    immediate(0xf1b0u | n, 15, bits);
  } else if (modified_immediate(0 - value, bits)) {
    immediate(0xf110u | n, 15, bits);  // CMN: the same flags, but where value is 0
  } else {
    return false;
  }
  return true;
}

void Encoder::test(Reg n, Reg m) {
  if (low(n, m)) {
    out_.half(0x4200u | m << 3 | n);
  } else {
    wide(0xea10u | n, 0x0f00u | m);
  }
}

bool Encoder::test_immediate(Reg n, uint32_t value) {
  uint32_t bits;
  if (!modified_immediate(value, bits)) return false;
  immediate(0xf010u | n, 15, bits);
  return true;
}

void Encoder::shift(Shifting shifting, Reg d, Reg m, unsigned count) {
  writes(d);
  const uint32_t type = static_cast<uint32_t>(shifting) & 0xff;
  if (static_cast<uint32_t>(shifting) >> 8 == static_cast<uint32_t>(Flags::any) && low(d, m)) {
    out_.half(type << 11 | count << 6 | m << 3 | d);
  } else {
    wide(0xea4f, (count >> 2) << 12 | static_cast<uint32_t>(d) << 8 | (count & 3) << 6 | type << 4 | m);
  }
}

void Encoder::shift_by_register(Shift shift, Reg d, Reg n, Reg m) {
  writes(d);
  const auto type = static_cast<uint32_t>(shift);
  if (d == n && low(d, m)) {
    out_.half((0x4080u + (type << 6)) | m << 3 | d);
  } else {
    wide(0xfa00u | type << 5 | n, 0xf000u | static_cast<uint32_t>(d) << 8 | m);
  }
}

void Encoder::multiply(Reg d, Reg n, Reg m) {
  writes(d);
  if (low(n, m) && (d == m || d == n)) {
    out_.half(0x4340u | static_cast<uint32_t>(d == m ? n : m) << 3 | d);
  } else {
    wide(0xfb00u | n, 0xf000u | static_cast<uint32_t>(d) << 8 | m);
  }
}

void Encoder::multiply_add(Reg d, Reg n, Reg m, Reg a) {
  writes(d);
  wide(0xfb00u | n, static_cast<uint32_t>(a) << 12 | static_cast<uint32_t>(d) << 8 | m);
}

void Encoder::multiply_subtract(Reg d, Reg n, Reg m, Reg a) {
  writes(d);
  wide(0xfb00u | n, static_cast<uint32_t>(a) << 12 | static_cast<uint32_t>(d) << 8 | 0x10 | m);
}

void Encoder::multiply_long(bool is_signed, Reg low_word, Reg high_word, Reg n, Reg m) {
  writes(low_word);
  writes(high_word);
  wide((is_signed ? 0xfb80u : 0xfba0u) | n,
       static_cast<uint32_t>(low_word) << 12 | static_cast<uint32_t>(high_word) << 8 | m);
}

void Encoder::divide(bool is_signed, Reg d, Reg n, Reg m) {
  writes(d);
  wide((is_signed ? 0xfb90u : 0xfbb0u) | n, 0xf0f0u | static_cast<uint32_t>(d) << 8 | m);
}

void Encoder::extend(Extend kind, Reg d, Reg m) {
  writes(d);
  const auto number = static_cast<uint32_t>(kind);
  if (low(d, m)) {
    const uint32_t narrow = kind == Extend::sxth   ? 0xb200u
                            : kind == Extend::sxtb ? 0xb240u
                            : kind == Extend::uxth ? 0xb280u
                                                   : 0xb2c0u;
    out_.half(narrow | m << 3 | d);
  } else {
    wide(0xfa0fu | number << 4, 0xf080u | static_cast<uint32_t>(d) << 8 | m);
  }
}

void Encoder::spread_lowest_bit(Reg d, Reg n) {
  writes(d);
  wide(0xf340u | n, static_cast<uint32_t>(d) << 8);
}

void Encoder::reverse(Reg d, Reg m) {
  writes(d);
  if (low(d, m)) {
    out_.half(0xba00u | m << 3 | d);
  } else {
    wide(0xfa90u | m, 0xf080u | static_cast<uint32_t>(d) << 8 | m);
  }
}

void Encoder::reverse16(Reg d, Reg m) {
  writes(d);
  if (low(d, m)) {
    out_.half(0xba40u | m << 3 | d);
  } else {
    wide(0xfa90u | m, 0xf090u | static_cast<uint32_t>(d) << 8 | m);
  }
}

void Encoder::access(Access access, Reg t, Reg n, int32_t offset) {
  // Of the 16-bit form with an offset of five bits (A6.2.4; 0: none), log2 of its unit, and the wide form's (A6.3).
  struct Form {
    uint16_t narrow, unit_log2, wide;
  };
  static constexpr Form kForms[] = {{0x7800, 0, 0xf890}, {0x8800, 1, 0xf8b0}, {0x6800, 2, 0xf8d0}, {0, 0, 0xf990},
                                    {0, 0, 0xf9b0},      {0x7000, 0, 0xf880}, {0x8000, 1, 0xf8a0}, {0x6000, 2, 0xf8c0}};
  const Form& form = kForms[static_cast<uint8_t>(access)];
  if (access < Access::store_byte) writes(t);
  const auto up = static_cast<uint32_t>(offset);
  const uint32_t units = up >> form.unit_log2;
  if (form.narrow != 0 && low(t, n) && units < 32 && units << form.unit_log2 == up) {
    out_.half(form.narrow | units << 6 | n << 3 | t);
  } else if (offset >= 0) {
    wide(form.wide | n, static_cast<uint32_t>(t) << 12 | up);
  } else {
    wide((form.wide & ~0x80u) | n, static_cast<uint32_t>(t) << 12 | 0x0c00 | (0 - up));
  }
}

void Encoder::access_indexed(Access access, Reg t, Reg n, Reg m, unsigned shift) {
  // A6.2.4 and A6.3.7 to A6.3.10.
  static constexpr uint16_t kNarrow[] = {0x5c00, 0x5a00, 0x5800, 0x5600, 0x5e00, 0x5400, 0x5200, 0x5000};
  static constexpr uint16_t kWide[] = {0xf810, 0xf830, 0xf850, 0xf910, 0xf930, 0xf800, 0xf820, 0xf840};
  const auto kind = static_cast<uint8_t>(access);
  if (access < Access::store_byte) writes(t);
  if (shift == 0 && low(t, n) && low(m)) {
    out_.half(kNarrow[kind] | static_cast<uint32_t>(m) << 6 | static_cast<uint32_t>(n) << 3 | t);
  } else {
    wide(kWide[kind] | static_cast<uint32_t>(n), static_cast<uint32_t>(t) << 12 | shift << 4 | m);
  }
}

void Encoder::access_pair(bool load, Reg t, Reg t2, Reg n, int32_t offset) {
  const bool up = offset >= 0;
  const auto units = static_cast<uint32_t>(up ? offset : -offset) / 4;
  if (load) writes(t2);
  wide(0xe940u | (load ? 0x10u : 0) | (up ? 0x80u : 0) | n,
       static_cast<uint32_t>(t) << 12 | static_cast<uint32_t>(t2) << 8 | units);
}

void Encoder::save_word(Reg t, uint32_t offset) { frame_word(false, t, offset); }

void Encoder::restore_word(Reg t, uint32_t offset) {
  writes(t);
  frame_word(true, t, offset);
}

void Encoder::frame_word(bool load, Reg t, uint32_t offset) {
  if (low(t)) {
    out_.half((load ? 0x9800u : 0x9000u) | t << 8 | offset / 4);
  } else {
    wide(load ? 0xf8dd : 0xf8cd, static_cast<uint32_t>(t) << 12 | offset);
  }
}

void Encoder::push(uint32_t registers) { out_.half(0xb400u | (registers >> kLr & 1) << 8 | (registers & 0xff)); }

void Encoder::pop(uint32_t registers, bool return_too) {
  out_.half(0xbc00u | (return_too ? 0x100u : 0) | (registers & 0xff));
}

void Encoder::adjust_stack(bool down, uint32_t bytes) { out_.half((down ? 0xb080u : 0xb000u) | bytes / 4); }

void Encoder::add_program_counter(Reg d) { out_.half(0x4478u | (d & 8u) << 4 | (d & 7u)); }

void Encoder::branch_short(Condition condition, int32_t distance) {
  const uint32_t units = static_cast<uint32_t>(distance) >> 1;
  if (condition == kAlways) {
    out_.half(0xe000u | (units & 0x7ff));
  } else {
    out_.half(0xd000u | static_cast<uint32_t>(condition) << 8 | (units & 0xff));
  }
}

void Encoder::branch_wide(Condition condition, int32_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  const uint32_t sign = bits >> 31;
  if (condition == kAlways) {
    const uint32_t j1 = (bits >> 23 & 1) ^ sign ^ 1;
    const uint32_t j2 = (bits >> 22 & 1) ^ sign ^ 1;
    wide(0xf000u | sign << 10 | (bits >> 12 & 0x3ff), 0x9000u | j1 << 13 | j2 << 11 | (bits >> 1 & 0x7ff));
  } else {
    wide(0xf000u | sign << 10 | static_cast<uint32_t>(condition) << 6 | (bits >> 12 & 0x3f),
         0x8000u | (bits >> 18 & 1) << 13 | (bits >> 19 & 1) << 11 | (bits >> 1 & 0x7ff));
  }
}

void Encoder::branch_link(int32_t distance) {
  scratch_written = true;
  const auto bits = static_cast<uint32_t>(distance);
  const uint32_t sign = bits >> 31;
  const uint32_t j1 = (bits >> 23 & 1) ^ sign ^ 1;
  const uint32_t j2 = (bits >> 22 & 1) ^ sign ^ 1;
  wide(0xf000u | sign << 10 | (bits >> 12 & 0x3ff), 0xd000u | j1 << 13 | j2 << 11 | (bits >> 1 & 0x7ff));
}

void Encoder::branch_if_zero(bool zero, Reg n, int32_t distance) {
  const auto units = static_cast<uint32_t>(distance) >> 1;
  out_.half(0xb100u | (zero ? 0 : 0x800u) | (units >> 5) << 9 | (units & 0x1f) << 3 | n);
}

}  // namespace perdita::jit::thumb2
