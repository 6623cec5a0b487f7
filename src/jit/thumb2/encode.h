// SPDX-License-Identifier: Apache-2.0
//
// Thumb-2 instructions of ARMv7-M (ARM DDI 0403, chapter A7) as bits, each in its shortest encoding. Where a function
// returns false, the operand has no encoding, and nothing was written. 16-bit encodings of arithmetic set the flags, so
// callers say what they want of them. Freestanding; any context.
#pragma once

#include "jit/output.h"

namespace perdita::jit::thumb2 {

using Reg = uint8_t;
constexpr Reg kScratch = 12;
constexpr Reg kSp = 13;
constexpr Reg kLr = 14;

enum class Flags : uint8_t {
  keep,  // must not change
  set,   // must be those of the result
  any
};

enum Condition : uint8_t { kEq, kNe, kCs, kCc, kMi, kPl, kVs, kVc, kHi, kLs, kGe, kLt, kGt, kLe, kAlways };
constexpr Condition inverse(Condition condition) { return static_cast<Condition>(condition ^ 1); }

// Operations of two operands: their number in wide encodings (A5.3.1, A5.3.11).
enum class Op : uint8_t { and_ = 0, bic = 1, orr = 2, eor = 4, add = 8, adc = 10, sbc = 11, sub = 13, rsb = 14 };
// One of them, with what becomes of the flags.
enum class Operation : uint32_t {};
constexpr Operation operator|(Op op, Flags flags) {
  return static_cast<Operation>(static_cast<uint32_t>(op) | static_cast<uint32_t>(flags) << 8);
}
constexpr Op op_of(Operation operation) { return static_cast<Op>(static_cast<uint32_t>(operation) & 0xff); }
constexpr Flags flags_of(Operation operation) { return static_cast<Flags>(static_cast<uint32_t>(operation) >> 8); }
// A5.3.12 and the type of a shift.
enum class Shift : uint8_t { lsl = 0, lsr = 1, asr = 2 };
enum class Shifting : uint32_t {};
constexpr Shifting operator|(Shift shift, Flags flags) {
  return static_cast<Shifting>(static_cast<uint32_t>(shift) | static_cast<uint32_t>(flags) << 8);
}
enum class Access : uint8_t { byte, half, word, signed_byte, signed_half, store_byte, store_half, store_word };
enum class Extend : uint8_t { sxth = 0, uxth = 1, sxtb = 4, uxtb = 5 };

// A5.3.2: an 8-bit value, rotated or repeated. `bits` is i:imm3:imm8.
bool modified_immediate(uint32_t value, uint32_t& bits);

// How far a load or store reaches: 4095 up, 255 down; LDRD and STRD: multiples of 4 up to 1020 in both directions.
constexpr bool reaches(int32_t offset) { return offset >= -255 && offset <= 4095; }
constexpr bool pair_reaches(int32_t offset) { return offset % 4 == 0 && offset >= -1020 && offset <= 1020; }

class Encoder {
 public:
  explicit Encoder(const Output& out) : out_(out) {}

  const Output& out() const { return out_; }

  void move(Reg d, Reg m);                                  // keeps the flags
  void move_immediate(Reg d, uint32_t value, Flags flags);  // keep or any; one instruction or two
  void move_whole(Reg d, uint32_t value);                   // keeps the flags; two instructions of 32 bits always
  void move_not(Reg d, Reg m);                              // keeps the flags
  void operate(Operation operation, Reg d, Reg n, Reg m);
  void operate_shifted(Op op, Reg d, Reg n, Reg m, Shift shift, unsigned count);  // keeps the flags; 1 to 31
  [[nodiscard]] bool operate_immediate(Operation operation, Reg d, Reg n, uint32_t value);
  void compare(Reg n, Reg m);
  [[nodiscard]] bool compare_immediate(Reg n, uint32_t value);
  void test(Reg n, Reg m);
  [[nodiscard]] bool test_immediate(Reg n, uint32_t value);
  void shift(Shifting shifting, Reg d, Reg m, unsigned count);  // keep or any; 1 to 31
  void shift_by_register(Shift shift, Reg d, Reg n, Reg m);
  void multiply(Reg d, Reg n, Reg m);
  void multiply_add(Reg d, Reg n, Reg m, Reg a);       // d = a + n * m
  void multiply_subtract(Reg d, Reg n, Reg m, Reg a);  // d = a - n * m
  void multiply_long(bool is_signed, Reg low, Reg high, Reg n, Reg m);
  void divide(bool is_signed, Reg d, Reg n, Reg m);
  void extend(Extend kind, Reg d, Reg m);
  void spread_lowest_bit(Reg d, Reg n);  // SBFX of one bit: 0 or -1
  void reverse(Reg d, Reg m);
  void reverse16(Reg d, Reg m);

  void access(Access access, Reg t, Reg n, int32_t offset);                 // reaches(offset)
  void access_indexed(Access access, Reg t, Reg n, Reg m, unsigned shift);  // n + (m << shift), 0 to 3
  void access_pair(bool load, Reg t, Reg t2, Reg n, int32_t offset);        // pair_reaches(offset)
  void save_word(Reg t, uint32_t offset);         // to sp + offset, a multiple of 4 below 1024
  void restore_word(Reg t, uint32_t offset);      // from there
  void push(uint32_t registers);                  // of r0 to r7 and lr, a bit each
  void pop(uint32_t registers, bool return_too);  // of r0 to r7
  void adjust_stack(bool down, uint32_t bytes);   // a multiple of 4 below 512

  void add_program_counter(Reg d);  // d += address of this instruction + 4
  void branch_to_lr() { out_.half(0x4770); }
  void branch_link(Reg m) {
    scratch_written = true;
    out_.half(0x4780u | m << 3);
  }
  // `distance`: from the instruction's start + 4. Short ones reach -256 to 254, without condition -2048 to 2046.
  void branch_short(Condition condition, int32_t distance);
  void branch_wide(Condition condition, int32_t distance);
  void branch_link(int32_t distance);
  // Of r0 to r7; 0 to 126.
  void branch_if_zero(bool zero, Reg n, int32_t distance);
  void no_operation() { out_.half(0xbf00); }
  // The next instruction runs only then.
  void if_then(Condition condition) { out_.half(0xbf08u | static_cast<uint32_t>(condition) << 4); }

 protected:
  Output out_;

 public:
  bool scratch_written = true;  // r12 has been, since somebody cleared this

 private:
  void wide(uint32_t first, uint32_t second) { out_.wide(first | second << 16); }
  [[gnu::always_inline]] void writes(Reg d) {
    if (d == kScratch) scratch_written = true;
  }
  void frame_word(bool load, Reg t, uint32_t offset);
  void immediate(uint32_t first, Reg d, uint32_t bits) {
    writes(d);
    wide(first | (bits >> 11 & 1) << 10, (bits >> 8 & 7) << 12 | static_cast<uint32_t>(d) << 8 | (bits & 0xff));
  }
};

}  // namespace perdita::jit::thumb2
