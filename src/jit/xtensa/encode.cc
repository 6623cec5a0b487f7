// SPDX-License-Identifier: Apache-2.0
#include "jit/xtensa/encode.h"

namespace perdita::jit::xt {
namespace {

// RRR: op2, op1, r, s, t, op0 = 0.
uint32_t rrr(unsigned op1_op2, Reg r, Reg s, Reg t) {
  return (op1_op2 & 0xfu) << 20 | (op1_op2 >> 4) << 16 | r << 12 | s << 8 | t << 4;
}

// RRI8: an 8-bit immediate, r, s, t, op0.
uint32_t rri8(uint32_t imm, unsigned r, Reg s, unsigned t, unsigned op0) {
  return (imm & 0xff) << 16 | r << 12 | s << 8 | t << 4 | op0;
}

uint32_t branch_bits(const Test& test, int32_t distance) {
  const auto offset = static_cast<uint32_t>(distance - 4);
  const auto condition = static_cast<unsigned>(test.condition);
  const unsigned number = condition & 0xf;
  switch (condition >> 4) {
    case 0:
      return (offset & 0xfff) << 12 | test.left << 8 | number << 4 | 6;
    case 1:
      return rri8(offset, test.right, test.left, number, 6);
    case 2:
      return rri8(offset, number, test.left, test.right, 7);
    default:
      return rri8(offset, number | test.right >> 4, test.left, test.right & 0xf, 7);
  }
}

uint32_t jump_bits(int32_t distance) { return (static_cast<uint32_t>(distance - 4) & 0x3ffff) << 6 | 6; }

// B4CONST and B4CONSTU (table 3-17, 3-18): the same but for the first two.
int index_of(uint32_t value) {
  if (value >= 2 && value <= 8) return static_cast<int>(value);
  switch (value) {
    case 10:
      return 9;
    case 12:
      return 10;
    case 16:
      return 11;
    case 32:
      return 12;
    case 64:
      return 13;
    case 128:
      return 14;
    case 256:
      return 15;
    default:
      return -1;
  }
}

}  // namespace

int signed_index(uint32_t value) {
  if (value == UINT32_MAX) return 0;
  return value == 1 ? 1 : index_of(value);
}

int unsigned_index(uint32_t value) {
  if (value == 0x8000) return 0;
  return value == 0x10000 ? 1 : index_of(value);
}

void Encoder::move(Reg d, Reg s) { narrow(s << 8 | d << 4 | 0xd); }

bool Encoder::move_immediate(Reg d, uint32_t value) {
  if (value + 32 < 128) {
    narrow((value & 0xf) << 12 | d << 8 | (value >> 4 & 7) << 4 | 0xc);
  } else if (value + 2048 < 4096) {
    wide(rri8(value, 10, value >> 8 & 0xf, d, 2));
  } else {
    return false;
  }
  return true;
}

void Encoder::load_literal(Reg d, int32_t distance) {
  wide((static_cast<uint32_t>(distance) >> 2 & 0xffff) << 8 | d << 4 | 1);
}

void Encoder::operate(Op op, Reg d, Reg s, Reg t) {
  if (op == Op::add) {
    narrow(d << 12 | s << 8 | t << 4 | 0xa);
  } else {
    wide(rrr(static_cast<unsigned>(op), d, s, t));
  }
}

bool Encoder::add_immediate(Reg d, Reg s, uint32_t value) {
  if (value == UINT32_MAX || (value >= 1 && value <= 15)) {
    narrow(d << 12 | s << 8 | (value == UINT32_MAX ? 0 : value) << 4 | 0xb);
  } else if (value + 128 < 256) {
    wide(rri8(value, 12, s, d, 2));
  } else if ((value & 0xff) == 0 && value + 0x8000 < 0x10000) {
    wide(rri8(value >> 8, 13, s, d, 2));
  } else {
    return false;
  }
  return true;
}

void Encoder::add_split(Reg d, Reg s, uint32_t value) {
  const uint32_t upper = (value + 128) >> 8;
  wide(rri8(upper, 13, s, d, 2));
  static_cast<void>(add_immediate(d, d, value - (upper << 8)));
}

void Encoder::negate(Reg d, Reg s) { wide(rrr(0x06, d, 0, s)); }

void Encoder::shift(Shift shift, Reg d, Reg s, unsigned count) {
  if (shift == Shift::left) {
    const unsigned from = 32 - count;
    wide(rrr(0x10 | from >> 4, d, s, from & 0xf));
  } else if (shift == Shift::right_signed) {
    wide(rrr(0x12 | count >> 4, d, count & 0xf, s));
  } else if (count < 16) {
    wide(rrr(0x14, d, count, s));
  } else {
    extract(d, s, count, 32 - count);
  }
}

void Encoder::extract(Reg d, Reg s, unsigned lowest, unsigned bits) {
  wide(rrr((0x40 | (lowest >> 4) << 4) | (bits - 1), d, lowest & 0xf, s));
}

void Encoder::amount_left(Reg count) { wide(rrr(0x04, 1, count, 0)); }
void Encoder::amount_right(Reg count) { wide(rrr(0x04, 0, count, 0)); }
void Encoder::amount(unsigned count) { wide(rrr(0x04, 4, count & 0xf, count >> 4)); }

void Encoder::shift_by_amount(Shift shift, Reg d, Reg s) {
  switch (shift) {
    case Shift::left:
      return wide(rrr(0x1a, d, s, 0));
    case Shift::right:
      return wide(rrr(0x19, d, 0, s));
    default:
      return wide(rrr(0x1b, d, 0, s));
  }
}

void Encoder::access(Access access, Reg t, Reg s, int32_t offset) {
  const auto number = static_cast<unsigned>(access);
  const unsigned scale = number & 3;
  const uint32_t units = static_cast<uint32_t>(offset) >> scale;
  const uint32_t registers = s << 8 | t << 4;
  if (scale == 2 && units < 16) return narrow(units << 12 | registers | 8 | number >> 2);
  wide(units << 16 | number << 12 | registers | 2);
}

void Encoder::branch(const Test& test, int32_t distance) { wide(branch_bits(test, distance)); }

void Encoder::branch_narrow(const Test& test, int32_t distance) {
  const auto offset = static_cast<uint32_t>(distance - 4);
  const uint32_t kind = test.condition == Condition::eqz ? 0x80 : 0xc0;
  narrow((offset & 0xf) << 12 | test.left << 8 | kind | (offset >> 4 & 3) << 4 | 0xc);
}

void Encoder::jump(int32_t distance) { wide(jump_bits(distance)); }

void Encoder::call(int32_t distance) { wide((static_cast<uint32_t>(distance - 4) >> 2 & 0x3ffff) << 6 | 5); }

void Encoder::overwrite(uint32_t at, uint32_t bits) {
  store(at, bits);
  store(at + 1, bits >> 8);
}

void Encoder::land(uint32_t at, const Test& test) {
  overwrite(at, branch_bits(test, static_cast<int32_t>(size() - at)));
}

void Encoder::land_jump(uint32_t at) { overwrite(at, jump_bits(static_cast<int32_t>(size() - at))); }

uint32_t Encoder::close(uint32_t at, uint32_t to) {
  uint32_t bits = load(at);
  const uint32_t offset = to - at - 4;
  const uint32_t op = bits & 0xf;
  if (op >= 8) {
    if ((bits & 0x8f) == 0x8c) {
      // BEQZ.N or BNEZ.N. To the next instruction there is none, and no need of one.
      const bool nothing = to < at + 4;
      store(at, nothing ? 0xf03d : (bits & 0x0fcf) | (offset & 0xf) << 12 | (offset >> 4 & 3) << 4);
    }
    return 2;
  }
  bits |= (load(at + 1) >> 8) << 16;
  // The field of the distance, which is -4 in itself.
  unsigned lowest = 16;
  if (op == 5) {
    // CALL0 counts in words from its own.
    if (bits >> 6 == 0x3ffff) overwrite(at, 5 | (to - (at & ~3u) - 4) >> 2 << 6);
    return 3;
  }
  if (op == 6) {
    const unsigned kind = bits >> 4 & 3;
    if (kind < 2) lowest = kind == 0 ? 6 : 12;
  } else if (op != 7) {
    return 3;
  }
  const uint32_t field = (1u << (24 - lowest)) - 1;
  if (bits >> lowest == (field & ~3u)) overwrite(at, (bits & ((1u << lowest) - 1)) | (offset & field) << lowest);
  return 3;
}

}  // namespace perdita::jit::xt
