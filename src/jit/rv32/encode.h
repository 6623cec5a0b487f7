// SPDX-License-Identifier: Apache-2.0
//
// Instructions of RV32IMC (The RISC-V Instruction Set Manual, Volume I, version 20191213: chapters 2, 7, 16) as bits,
// each in its shortest encoding. Freestanding; any context.
#pragma once

#include "jit/output.h"

namespace perdita::jit::rv32 {

using Reg = uint32_t;  // not to be extended at each call
constexpr Reg kZero = 0;
constexpr Reg kRa = 1;
constexpr Reg kSp = 2;
constexpr Reg kT0 = 5, kT1 = 6, kT2 = 7;

// funct7 and funct3 (table 24.2).
enum class Op : uint16_t {
  add = 0x000,
  sub = 0x200,
  sll = 0x001,
  slt = 0x002,
  sltu = 0x003,
  xor_ = 0x004,
  srl = 0x005,
  sra = 0x205,
  or_ = 0x006,
  and_ = 0x007,
  mul = 0x010,
  mulh = 0x011,
  mulhsu = 0x012,  // the first operand is signed
  mulhu = 0x013,
  div = 0x014,
  divu = 0x015,
  rem = 0x016,
  remu = 0x017
};
// funct3 of BRANCH; the lowest bit turns it round.
enum class Condition : uint8_t { eq = 0, ne = 1, lt = 4, ge = 5, ltu = 6, geu = 7 };
constexpr Condition inverse(Condition condition) { return static_cast<Condition>(static_cast<uint8_t>(condition) ^ 1); }
// funct3 of LOAD and STORE.
enum class Load : uint8_t { signed_byte = 0, signed_half = 1, word = 2, byte = 4, half = 5 };
enum class Store : uint8_t { byte = 0, half = 1, word = 2 };

constexpr bool fits12(int32_t value) { return value >= -2048 && value <= 2047; }
// c.beqz, c.bnez: x8 to x15.
constexpr bool is_popular(Reg reg) { return reg >= 8 && reg < 16; }

class Encoder : public Output {
 public:
  explicit Encoder(MutableBytes buffer) : Output(buffer) {}
  // Over what was written at `offset`.
  Encoder(const Output& out, uint32_t offset) : Output(out.at(offset)) {}

  void move(Reg d, Reg s);  // nothing where they are the same
  // One instruction or two.
  void load_immediate(Reg d, uint32_t value);
  // The constant's upper 20 bits, such that a displacement of the lower 12, which is signed, leads there. Never 0.
  void load_upper(Reg d, uint32_t value);
  void operate(Op op, Reg d, Reg a, Reg b);
  // add, slt, sltu, xor, or, and; fits12(value).
  void operate_immediate(Op op, Reg d, Reg a, int32_t value);
  void shift(Op op, Reg d, Reg a, unsigned count);          // sll, srl, sra; 1 to 31
  void load(Load kind, Reg d, Reg base, int32_t offset);    // fits12(offset)
  void store(Store kind, Reg s, Reg base, int32_t offset);  // fits12(offset)
  void adjust_stack(int32_t bytes);                         // a multiple of 16, from -512 to 496

  // Distances count from the start of the instruction that jumps.
  // -4096 to 4094, 4 bytes
  void branch(Condition condition, Reg a, Reg b, int32_t distance) { wide(branch_bits(condition, a, b, distance)); }
  // is_popular(a); -256 to 254, 2 bytes
  void branch_short(bool zero, Reg a, int32_t distance) { half(branch_short_bits(zero, a, distance)); }
  void jump(Reg link, int32_t distance) { wide(jump_bits(link, distance)); }  // +-1 MB, 4 bytes
  // -2048 to 2046, 2 bytes
  void jump_short(int32_t distance) { half(jump_short_bits(distance)); }
  void jump_register(Reg to) { half(0x8002u | reg(to) << 7); }
  void call_register(Reg to) { half(0x9002u | reg(to) << 7); }
  // d = address of this instruction + distance, and nothing else: two instructions of 4 bytes always.
  void address_of(Reg d, int32_t distance);

  // The bits alone, for those that are written when it is known where they lead.
  static uint32_t branch_bits(Condition condition, Reg a, Reg b, int32_t distance);
  static uint32_t branch_short_bits(bool zero, Reg a, int32_t distance);
  static uint32_t jump_bits(Reg link, int32_t distance);
  static uint32_t jump_short_bits(int32_t distance);
  // Of a branch or jump that leads to itself, the bits with which it leads there; of everything else nothing changes.
  static uint32_t closed(uint32_t bits, int32_t distance);

 private:
  static uint32_t reg(Reg r) { return r; }
  static uint32_t popular(Reg r) { return r - 8u; }
};

}  // namespace perdita::jit::rv32
