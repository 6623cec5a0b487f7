// SPDX-License-Identifier: Apache-2.0
//
// The generator for RV32IMC, see generator.cc. Inside this room only.
#pragma once

#include "jit/rv32/encode.h"
#include "jit/two_passes.h"

namespace perdita::jit::rv32 {

constexpr unsigned kNumbers = 10;  // r0 to r9; r10 is a word that nobody writes
constexpr Reg kFrame = 24;         // s8, of r10
constexpr Reg kTable = 25;         // s9, base of the link table
constexpr unsigned kNobody = 0xff;

// The frame (docs/spec/calling.md).
constexpr uint32_t kArgsBytes = 40;
constexpr uint32_t kBlock = 72;
constexpr uint32_t kBlockEnd = 96;

// A number that a loop needs again and again, and how much it is worth to have it in a register.
struct Constant {
  uint32_t value;
  uint32_t last;  // where it was asked for
  uint16_t weight;
  uint8_t subprogram;
  uint8_t reg;
};
constexpr unsigned kCandidates = 6;      // of a subprogram, while it is surveyed
constexpr unsigned kMostConstants = 24;  // of all subprograms

// How long a branch is: two bits per instruction.
enum class Branch : uint8_t { far = 0, near = 1, shortest = 2 };

class Generator : Encoder, TwoPasses<Generator> {
 public:
  Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs);
  using TwoPasses::make;
  using TwoPasses::workspace_bytes;

 private:
  friend TwoPasses;
  static constexpr bool kCountsUppers = false;
  static constexpr uint32_t kUnit = 2, kEntryUnit = 2, kPrologueEstimate = 16, kMostBytes = 2 * UINT16_MAX;

  Encoder& code() { return *this; }
  uint32_t position() const { return size(); }
  uint32_t code_bytes() const { return size(); }
  using Encoder::instructions;

  // survey.cc: the first pass.
  uint32_t estimate();
  uint32_t estimate_of_arithmetic(bool wanted);
  uint32_t estimate_of_load(bool wanted) const;
  uint32_t estimate_of_store();
  uint32_t estimate_of_jump();
  bool divides_by_routine() const;

  // generator.cc: subprograms, frames.
  void begin(MutableBytes buffer) { static_cast<Encoder&>(*this) = Encoder(buffer); }
  bool is_whole(MutableBytes buffer) const { return position() <= buffer.size(); }
  void begin_subprogram();
  void prologue();
  void epilogue();
  void instruction();
  void close_branches(uint32_t to);
  void close_function(uint32_t index);
  bool jump_reaches(uint32_t bytes) const;

  // constants.cc: numbers that are in a register throughout a subprogram.
  Reg constant(uint32_t value, Reg scratch);  // where it is, or put into `scratch`; never to be changed
  bool is_kept(uint32_t value) const;         // whether it is there already
  void note_constant(uint32_t value);
  void note_loop(uint32_t start);
  void end_survey();
  uint32_t place_constants(const Survey& survey);

  // pairs.cc: instructions that become one with the next.
  bool moves_into_next();
  bool shifts_up_and_down();
  bool loads_in_network_order() const;

  // Words. An upper word is in its register, or known.
  static Reg low(unsigned reg);
  static Reg high(unsigned reg);
  Reg upper(unsigned reg, isa::Upper fact, Reg scratch);  // where it is, or put into `scratch`
  bool upper_wanted(unsigned reg) const;                  // whether the instruction must write it
  void set_upper(unsigned reg, uint32_t value);           // to a constant, where wanted
  void set_upper_by_sign(unsigned reg);                   // of the low word, where wanted
  void keep_upper();                                      // as the left operand's, where wanted

  // The left operand: dst, or what a move before would have put there.
  unsigned left_number() const { return left_ != kNobody ? left_ : insn_.dst(); }
  Reg left() const { return low(left_number()); }
  Reg left_upper(Reg scratch) { return upper(left_number(), facts_.dst, scratch); }
  Reg left_upper() { return left_upper(upper_wanted(insn_.dst()) ? high(insn_.dst()) : kT1); }

  // Inside an instruction: jumps forward to where land() is told.
  struct Skip {
    uint32_t at;
    Condition condition;
    Reg a, b;
    bool always;
  };
  Skip skip_if(Condition condition, Reg a, Reg b);
  Skip skip();
  void land(const Skip& skip);

  // arithmetic.cc
  void arithmetic32();
  void arithmetic64();
  void add32(bool subtract);
  void add64(bool subtract);
  void add64_constant(bool subtract);
  void combine_words(Op op);
  void and_word(Reg d, Reg n, uint32_t value);
  void multiply_words();
  void bitwise64(Op op);
  void multiply64();
  void move64();
  void negate64();
  void byte_order();
  void swap_word(Reg d, Reg s);
  void extend(Reg d, Reg s, unsigned bits, bool is_signed);

  // shifts.cc
  void shift32(Op op);
  void shift64_immediate(Op op, unsigned count);
  void shift64_register(Op op);
  void shift64_left(Reg count, bool few, bool many);
  void shift64_right(Op op, Reg count, bool few, bool many);
  void shift_word_right(Op op, Reg count, bool few, bool many);

  // division.cc
  void divide64(bool is_signed);
  void divide_words(bool is_signed);
  bool divide_by_power(bool wide);

  // memory.cc
  struct Address {
    Reg base;
    int32_t offset;
  };
  Address address(Reg base, int32_t offset, int32_t reach);  // in t2, if need be
  void load();
  void load_part(Reg d, Address at, unsigned bytes, bool is_signed, unsigned alignment);
  void load_swapped(Reg d, Address at, unsigned bytes);
  void load_in_network_order();
  void store();
  void store_part(Reg s, Address at, unsigned bytes, unsigned alignment);
  void load_wide();
  void atomic();

  // flow.cc
  void jump();
  void conditional_jump();
  void jump_on_words(uint8_t op, bool unsigned_does);
  void jump_on_pairs(uint8_t op);
  void jump_on_bits(bool wide);
  void branch(Condition condition, Reg a, Reg b);
  void branch_always();
  void decide(uint32_t target, uint32_t behind, bool always, bool zero);
  void call();
  void call_subprogram();
  void call_routine(uint32_t offset);
  void hand_over_arguments();
  Branch choice() const { return static_cast<Branch>(TwoPasses::choice()); }
  int32_t distance_to(uint32_t target) const;

  bool right_is_zero() const { return by_register() ? is_zero(facts_.src) || insn_.src() >= kNumbers : insn_.imm >= 0; }
  bool right_is_sign() const { return !by_register() || is_sign(facts_.src); }

  Constant constants_[kMostConstants] = {};
  Constant candidates_[kCandidates] = {};
  uint32_t constant_count_ = 0;
  uint32_t candidate_count_ = 0;

  // Of the subprogram.
  uint16_t upper_reads_ = 0;
  uint32_t saved_ = 0;  // machine registers
  uint32_t frame_bytes_ = 0;
  Span<Constant> kept_;

  // Between two instructions that are a pair.
  unsigned left_ = kNobody;  // the left operand, which was not moved to where the instruction has it
  isa::Upper left_fact_ = isa::Upper::in_register;
  bool done_ = false;  // the next instruction is a part of this one
  bool inverted_ = false;
};

}  // namespace perdita::jit::rv32

namespace perdita::jit {
extern template void TwoPasses<rv32::Generator>::survey();  // in survey.cc, where it is made of one piece
}  // namespace perdita::jit
