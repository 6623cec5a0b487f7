// SPDX-License-Identifier: Apache-2.0
#include "jit/rv32/encode.h"

namespace perdita::jit::rv32 {
namespace {

constexpr uint32_t kOpImmediate = 0x13, kOp = 0x33, kLui = 0x37, kAuipc = 0x17, kBranch = 0x63, kJal = 0x6f;
constexpr uint32_t kLoad = 0x03, kStore = 0x23;

constexpr bool fits6(int32_t value) { return value >= -32 && value <= 31; }
constexpr bool commutes(Op op) { return op == Op::add || op == Op::xor_ || op == Op::or_ || op == Op::and_; }

// Bits `count` from `from` on, moved to `to`.
constexpr uint32_t field(uint32_t value, unsigned from, unsigned count, unsigned to) {
  return (value >> from & ((1u << count) - 1)) << to;
}

constexpr uint32_t funct3(Op op) { return static_cast<uint32_t>(op) & 7; }
constexpr uint32_t funct7(Op op) { return static_cast<uint32_t>(op) >> 4; }

// CI: imm[5] at 12, imm[4:0] at 2 (16.2).
constexpr uint32_t immediate6(int32_t value) {
  const auto bits = static_cast<uint32_t>(value);
  return field(bits, 5, 1, 12) | field(bits, 0, 5, 2);
}

// CA (16.5); 0: none.
constexpr uint32_t popular_opcode(Op op) {
  switch (op) {
    case Op::sub:
      return 0x8c01;
    case Op::xor_:
      return 0x8c21;
    case Op::or_:
      return 0x8c41;
    case Op::and_:
      return 0x8c61;
    default:
      return 0;
  }
}

}  // namespace

void Encoder::move(Reg d, Reg s) {
  if (d == s) return;
  if (s == kZero) return half(0x4001u | reg(d) << 7);  // c.li
  half(0x8002u | reg(d) << 7 | reg(s) << 2);
}

void Encoder::load_immediate(Reg d, uint32_t value) {
  const auto number = static_cast<int32_t>(value);
  if (fits6(number)) return half(0x4001u | reg(d) << 7 | immediate6(number));
  if (fits12(number)) return wide(value << 20 | reg(d) << 7 | kOpImmediate);
  load_upper(d, value);
  const int32_t rest = static_cast<int32_t>(value << 20) >> 20;
  if (rest != 0) operate_immediate(Op::add, d, d, rest);
}

void Encoder::load_upper(Reg d, uint32_t value) {
  const uint32_t upper = value + 0x800;
  const int32_t pages = static_cast<int32_t>(upper) >> 12;
  if (fits6(pages) && pages != 0 && d != kSp) return half(0x6001u | reg(d) << 7 | immediate6(pages));
  wide((upper & 0xfffff000u) | reg(d) << 7 | kLui);
}

void Encoder::operate(Op op, Reg d, Reg a, Reg b) {
  if (commutes(op) && d == b) {
    b = a;
    a = d;
  }
  if (d == a && d != kZero && b != kZero) {
    if (op == Op::add) return half(0x9002u | reg(d) << 7 | reg(b) << 2);
    const uint32_t narrow = popular_opcode(op);
    if (narrow != 0 && is_popular(d) && is_popular(b)) return half(narrow | popular(d) << 7 | popular(b) << 2);
  }
  wide(funct7(op) << 25 | reg(b) << 20 | reg(a) << 15 | funct3(op) << 12 | reg(d) << 7 | kOp);
}

void Encoder::operate_immediate(Op op, Reg d, Reg a, int32_t value) {
  if (d == a && fits6(value)) {
    if (op == Op::add && value != 0) return half(0x0001u | reg(d) << 7 | immediate6(value));
    if (op == Op::and_ && is_popular(d)) return half(0x8801u | popular(d) << 7 | immediate6(value));
  }
  wide(static_cast<uint32_t>(value) << 20 | reg(a) << 15 | funct3(op) << 12 | reg(d) << 7 | kOpImmediate);
}

void Encoder::shift(Op op, Reg d, Reg a, unsigned count) {
  if (d == a) {
    if (op == Op::sll) return half(0x0002u | reg(d) << 7 | count << 2);
    if (is_popular(d)) return half((op == Op::srl ? 0x8001u : 0x8401u) | popular(d) << 7 | count << 2);
  }
  wide(funct7(op) << 25 | count << 20 | reg(a) << 15 | funct3(op) << 12 | reg(d) << 7 | kOpImmediate);
}

void Encoder::load(Load kind, Reg d, Reg base, int32_t offset) {
  const auto bits = static_cast<uint32_t>(offset);
  if (kind == Load::word && offset >= 0 && offset % 4 == 0) {
    if (base == kSp && offset < 256) {
      return half(0x4002u | field(bits, 5, 1, 12) | reg(d) << 7 | field(bits, 2, 3, 4) | field(bits, 6, 2, 2));
    }
    if (is_popular(base) && is_popular(d) && offset < 128) {
      return half(0x4000u | field(bits, 3, 3, 10) | popular(base) << 7 | field(bits, 2, 1, 6) | field(bits, 6, 1, 5) |
                  popular(d) << 2);
    }
  }
  wide(bits << 20 | reg(base) << 15 | static_cast<uint32_t>(kind) << 12 | reg(d) << 7 | kLoad);
}

void Encoder::store(Store kind, Reg s, Reg base, int32_t offset) {
  const auto bits = static_cast<uint32_t>(offset);
  if (kind == Store::word && offset >= 0 && offset % 4 == 0) {
    if (base == kSp && offset < 256) {
      return half(0xc002u | field(bits, 2, 4, 9) | field(bits, 6, 2, 7) | reg(s) << 2);
    }
    if (is_popular(base) && is_popular(s) && offset < 128) {
      return half(0xc000u | field(bits, 3, 3, 10) | popular(base) << 7 | field(bits, 2, 1, 6) | field(bits, 6, 1, 5) |
                  popular(s) << 2);
    }
  }
  wide(field(bits, 5, 7, 25) | reg(s) << 20 | reg(base) << 15 | static_cast<uint32_t>(kind) << 12 |
       field(bits, 0, 5, 7) | kStore);
}

void Encoder::adjust_stack(int32_t bytes) {
  const auto bits = static_cast<uint32_t>(bytes);
  half(0x6101u | field(bits, 9, 1, 12) | field(bits, 4, 1, 6) | field(bits, 6, 1, 5) | field(bits, 7, 2, 3) |
       field(bits, 5, 1, 2));
}

uint32_t Encoder::branch_bits(Condition condition, Reg a, Reg b, int32_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  return field(bits, 12, 1, 31) | field(bits, 5, 6, 25) | field(bits, 1, 4, 8) | field(bits, 11, 1, 7) | reg(b) << 20 |
         reg(a) << 15 | static_cast<uint32_t>(condition) << 12 | kBranch;
}

uint32_t Encoder::branch_short_bits(bool zero, Reg a, int32_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  return (zero ? 0xc001u : 0xe001u) | field(bits, 8, 1, 12) | field(bits, 3, 2, 10) | popular(a) << 7 |
         field(bits, 6, 2, 5) | field(bits, 1, 2, 3) | field(bits, 5, 1, 2);
}

uint32_t Encoder::jump_bits(Reg link, int32_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  return field(bits, 20, 1, 31) | field(bits, 1, 10, 21) | field(bits, 11, 1, 20) | field(bits, 12, 8, 12) |
         reg(link) << 7 | kJal;
}

uint32_t Encoder::jump_short_bits(int32_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  return 0xa001u | field(bits, 11, 1, 12) | field(bits, 4, 1, 11) | field(bits, 8, 2, 9) | field(bits, 10, 1, 8) |
         field(bits, 6, 1, 7) | field(bits, 7, 1, 6) | field(bits, 1, 3, 3) | field(bits, 5, 1, 2);
}

uint32_t Encoder::closed(uint32_t bits, int32_t distance) {
  if ((bits & 3) != 3) {
    if (bits == 0xa001) return jump_short_bits(distance);
    if ((bits & 0xdc7f) == 0xc001) return bits | branch_short_bits(true, 8, distance);
    return bits;
  }
  if ((bits & 0xfe000fff) == kBranch) return bits | branch_bits(Condition::eq, kZero, kZero, distance);
  if ((bits & 0xfffff07f) == kJal) return bits | jump_bits(kZero, distance);
  return bits;
}

void Encoder::address_of(Reg d, int32_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  wide(((bits + 0x800) & 0xfffff000u) | reg(d) << 7 | kAuipc);
  wide((bits & 0xfff) << 20 | reg(d) << 15 | reg(d) << 7 | kOpImmediate);
}

}  // namespace perdita::jit::rv32
