// SPDX-License-Identifier: Apache-2.0
//
// Instructions of Xtensa, little-endian, with the code density option ("Xtensa Instruction Set Architecture Reference
// Manual", chapters 6 and 7), as bits, each in its shortest encoding: 24 or 16 bits. Where a function returns false,
// the operand has no encoding, and nothing was written. Counts what it wrote. Freestanding; any context.
#pragma once

#include "jit/output.h"

namespace perdita::jit::xt {

using Reg = uint32_t;       // not to be extended at each call
constexpr Reg kReturn = 0;  // return address
constexpr Reg kSp = 1;

// Operations of three registers: op1 and op2 of their encoding (7.3.2).
enum class Op : uint8_t {
  and_ = 0x01,
  or_ = 0x02,
  xor_ = 0x03,
  add = 0x08,
  addx2 = 0x09,
  addx4 = 0x0a,
  addx8 = 0x0b,
  sub = 0x0c,
  src = 0x18,  // of the first operand's and the second's 64 bits those from SAR on
  mul16u = 0x1c,
  mull = 0x28
};

enum class Shift : uint8_t { left, right, right_signed };

enum class Access : uint8_t {
  byte = 0,
  half = 1,
  word = 2,
  store_byte = 4,
  store_half = 5,
  store_word = 6,
  signed_half = 9
};

// Conditional branches: what they compare with in the high half, their number in the low one. Where they lead if their
// condition does not hold is the branch with the inverse() condition.
enum class Condition : uint8_t {
  // Against zero: 12 bits of distance; the first two have a form of 16 bits.
  eqz = 0x01,
  nez = 0x05,
  ltz = 0x09,
  gez = 0x0d,
  // Against a constant of a table (signed_index, unsigned_index).
  eqi = 0x12,
  nei = 0x16,
  lti = 0x1a,
  gei = 0x1e,
  ltui = 0x1b,
  geui = 0x1f,
  // Against a register.
  none = 0x20,  // no common bit
  eq = 0x21,
  lt = 0x22,
  ltu = 0x23,
  any = 0x28,
  ne = 0x29,
  ge = 0x2a,
  geu = 0x2b,
  // By the number of a bit.
  bit_clear = 0x36,
  bit_set = 0x3e
};

constexpr Condition inverse(Condition condition) {
  const auto bits = static_cast<unsigned>(condition);
  return static_cast<Condition>(bits ^ (bits >= 0x20 ? 8 : 4));
}
constexpr bool against_zero(Condition condition) { return static_cast<unsigned>(condition) < 0x10; }

struct Test {
  Condition condition;
  Reg left;
  uint32_t right;  // register, index of a constant, number of a bit
};

// Of constants that branches compare with; -1: not in the table.
int signed_index(uint32_t value);
int unsigned_index(uint32_t value);

// How far branches reach, from their first byte.
constexpr int32_t kBranchUp = 131, kBranchDown = -124;            // all of them
constexpr int32_t kZeroBranchUp = 2051, kZeroBranchDown = -2044;  // against zero
constexpr int32_t kNarrowUp = 67;                                 // of 16 bits, from 4 on

// How far a load or store of 1, 2 or 4 bytes reaches: multiples of its size up to 255 times that.
constexpr bool reaches(int32_t offset, unsigned bytes) {
  const auto up = static_cast<uint32_t>(offset);
  return (up & (bytes - 1)) == 0 && up <= 256 * bytes - bytes;
}

class Encoder : public Output {
 public:
  explicit Encoder(MutableBytes buffer) : Output(buffer) {}
  uint32_t instructions() const { return (size() + lacking_) / 3; }

  void move(Reg d, Reg s);
  [[nodiscard]] bool move_immediate(Reg d, uint32_t value);  // -2048 to 2047
  void load_literal(Reg d, int32_t distance);                // of the literal: below 0, both multiples of 4 apart
  void operate(Op op, Reg d, Reg s, Reg t);
  [[nodiscard]] bool add_immediate(Reg d, Reg s, uint32_t value);  // one instruction; never of value 0
  void add_split(Reg d, Reg s, uint32_t value);                    // two instructions; -32896 to 32639, neither part 0
  void negate(Reg d, Reg s);
  void shift(Shift shift, Reg d, Reg s, unsigned count);       // 1 to 31
  void extract(Reg d, Reg s, unsigned lowest, unsigned bits);  // of 1 to 16 bits, zero-extended

  // The shift amount register SAR: set it, then shift (and Op::src).
  void amount_left(Reg count);   // by the low 5 bits
  void amount_right(Reg count);  // likewise
  void amount(unsigned count);   // to the right; 0 to 31
  void shift_by_amount(Shift shift, Reg d, Reg s);

  void access(Access access, Reg t, Reg s, int32_t offset);  // reaches(offset, size)

  // `distance`: from the instruction's first byte.
  void branch(const Test& test, int32_t distance);
  void branch_narrow(const Test& test, int32_t distance);  // eqz or nez
  void jump(int32_t distance);
  void call(int32_t distance);  // from the first byte's word; a multiple of 4
  void call(Reg s) { wide(0xc0u | static_cast<uint32_t>(s) << 8); }
  void call_return() { narrow(0xf00d); }
  void no_operation() { narrow(0xf03d); }

  // A branch that was written at `at`, now to here.
  void land(uint32_t at, const Test& test);
  void land_jump(uint32_t at);
  // Of what stands at `at`, a branch, jump or call that leads to itself is led to `to`, ahead; everything else stays. A
  // branch of 16 bits is led there wherever it leads. Tells the instruction's size.
  uint32_t close(uint32_t at, uint32_t to);
  // Bytes that nobody executes.
  void fill(uint32_t count) {
    lacking_ -= count;
    for (; count != 0; count--) byte(0);
  }

 private:
  void wide(uint32_t bits) { three(bits); }
  void narrow(uint32_t bits) {
    half(bits);
    lacking_++;
  }
  void overwrite(uint32_t at, uint32_t bits);

  uint32_t lacking_ = 0;  // bytes that instructions have less than 3 each
};

}  // namespace perdita::jit::xt
