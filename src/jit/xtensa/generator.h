// SPDX-License-Identifier: Apache-2.0
//
// The generator for Xtensa, see generator.cc. Inside this room only.
#pragma once

#include "jit/two_passes.h"
#include "jit/xtensa/encode.h"

namespace perdita::jit::xt {

constexpr unsigned kNumbers = 10;  // r0 to r9; r10 is a word that nobody writes
constexpr Reg kScratch = 8;
constexpr Reg kOther = 9;
constexpr Reg kFrame = 14;  // lowest byte of the subprogram's frame on the BPF stack
constexpr Reg kTable = 15;  // base of the link table
constexpr Reg kInMemory = 0xff;
constexpr Reg kNone = 0xff;

// The frame (docs/spec/calling.md).
constexpr uint32_t kArgsBytes = 40;
constexpr int32_t kSavedLow = 60;    // the low words of r8 and r9
constexpr uint32_t kUppersEnd = 72;  // the uppers of r0, r6 to r9, and those
constexpr int32_t kBlock = 72;
constexpr uint32_t kBlockEnd = 96;

// How far the branches of an instruction go, forward: two bits.
enum class Reach : uint8_t { far = 0, zero_only = 1, near = 2, narrow = 3 };

// A word that an instruction works with: in a register, or known.
struct Word {
  bool known;
  uint8_t reg;
  uint32_t value;
  bool is(uint32_t number) const { return known && value == number; }
};
constexpr Word in(Reg reg) { return {false, static_cast<uint8_t>(reg), 0}; }
constexpr Word number(uint32_t value) { return {true, 0xff, value}; }

// What a jump asks, of words and of 64 bits. The inverse differs in bit 0.
enum class Ask : uint8_t { eq = 0, ne = 1, ltu = 2, geu = 3, lt = 4, ge = 5, any = 6, none = 7 };
constexpr Ask opposite(Ask ask) { return static_cast<Ask>(static_cast<unsigned>(ask) ^ 1); }

class Generator : Encoder, TwoPasses<Generator> {
 public:
  Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs);
  Generated run(MutableBytes code);
  using TwoPasses::workspace_bytes;

 private:
  friend TwoPasses;
  static constexpr bool kCountsUppers = true;
  static constexpr uint32_t kUnit = 1, kEntryUnit = 4, kPrologueEstimate = 12;
  static constexpr uint32_t kMostBytes = 1u << 17;  // what J reaches

  Encoder& code() { return *this; }
  uint32_t position() const { return size(); }
  using Encoder::instructions;

  // survey.cc: the first pass.
  uint32_t estimate();
  uint32_t estimate_of_arithmetic(bool wanted);
  uint32_t estimate_of_load(bool wanted) const;
  uint32_t estimate_of_store();
  uint32_t estimate_of_jump();
  bool divides_by_routine() const;
  void note_literal(int32_t value);
  void note_loop(uint32_t) {}
  void end_survey() {}

  // generator.cc: subprograms, frames.
  void begin(MutableBytes buffer);
  bool is_whole(MutableBytes buffer) const;
  uint32_t code_bytes() const { return position() + header_bytes(literals_); }
  static uint32_t header_bytes(uint32_t literals) { return literals != 0 ? 4 + 4 * literals : 0; }
  void begin_subprogram();
  void place_uppers(const Survey& survey);
  void prologue();
  void epilogue();
  void instruction();
  void arithmetic();
  void close_branches(uint32_t to);
  void close_function(uint32_t index);
  bool jump_reaches(uint32_t bytes) const;

  // pairs.cc: instructions that become one with the next.
  bool upper_dead(const isa::Insn& next) const {
    isa::Facts facts;
    facts_of_next(next, facts);
    return facts.upper_dead;
  }
  bool moves_into_next() const;
  bool scales_into_next();
  bool extracts_with_next();
  Reg left() const { return left_ != kNone ? left_ : low(insn_.dst()); }

  // Words. An upper word is in a register, in the frame, or known.
  static Reg low(unsigned reg);
  Word upper(unsigned reg, isa::Upper fact, Reg scratch);  // where it is, or put into `scratch`
  Reg in_register(Word word, Reg scratch);
  bool upper_wanted(unsigned reg) const;              // whether the instruction must write it
  Reg upper_target(unsigned reg, Reg scratch) const;  // where to compute it
  void upper_done(unsigned reg, Reg from);            // it is there now
  void set_upper(unsigned reg, uint32_t value);       // to a constant, where wanted
  void set_upper_by_sign(unsigned reg);               // of the low word, where wanted
  void keep_upper(unsigned reg, isa::Upper fact);     // as it is, where wanted: into the register from a fact
  static int32_t upper_offset(unsigned reg);          // of its home in the frame
  Reg third();                                        // the return address' register, as scratch

  void constant(Reg d, uint32_t value);
  uint32_t literal(uint32_t value);  // its index in the pool
  void load_literal(Reg d, uint32_t index, uint32_t value);
  void copy(Reg d, Reg s);
  void add_constant(Reg d, Reg s, uint32_t value, Reg scratch);
  void and_constant(Reg d, Reg s, uint32_t value, Reg scratch);
  void operate(Op op, Reg d, Reg s, Word t, Reg scratch);

  // Branches over a few instructions of the same one: what `land` is told leads to where it is told. Where the answer
  // is known there is none.
  struct Skip {
    uint32_t at;
    Test test;
  };
  enum class Answer : uint8_t { never, always, by_test };
  Answer test(Ask ask, Word left, Word right, Test& test);
  Skip skip(Ask ask, Word left, Word right);
  void land(const Skip& skip);

  // arithmetic.cc
  void arithmetic32();
  void arithmetic64();
  void add32(bool subtract);
  void add64();
  void subtract64();
  void add_constant64(int64_t value);
  void step_upper(unsigned reg, uint32_t by, const Skip& unless);
  void combine_words(Op op);
  void multiply_words();
  void bitwise64(Op op);
  void negate64();
  void move64();
  void byte_order();

  // multiply.cc: products of 64 bits, and division.
  void multiply64();
  void product_of_words(Reg x, Word y);
  void divide64(bool is_signed);
  void divide_words(bool is_signed);

  // shift.cc
  void shift32(Shift kind);
  void shift64_immediate(Shift kind, unsigned count);
  void shift64_register(Shift kind);
  void shift64_whole(Shift kind);

  // memory.cc
  struct Address {
    Reg base;
    int32_t offset;
  };
  Address address(unsigned reg, unsigned unit, int32_t reach);
  void load();
  void load_word(Reg d, Address at, unsigned unit);
  void store();
  void store_word(Reg s, Address at, unsigned unit, unsigned bytes);
  void store_number(uint32_t value, Address at, unsigned unit, unsigned bytes);
  void load_wide();
  void load_linked(Reg d, uint32_t offset);
  void load_function();
  void atomic();

  // flow.cc
  void conditional_jump();
  void jump64(Ask ask, Word left, Word left_upper, Word right, Word right_upper);
  void find_reach();
  Answer branch(Ask ask, Word left, Word right);
  int32_t distance() const;
  void goto_target();
  Word operand(unsigned reg);
  void call();
  void call_subprogram();
  void call_routine(uint32_t offset);
  void hand_over_arguments();
  void keep_over_call(bool load);
  void result_upper();

  // Of the subprogram.
  bool has_frame_ = false;  // on the BPF stack
  uint16_t upper_reads_ = 0;
  uint16_t saved_ = 0;  // machine registers
  uint32_t frame_bytes_ = 0;
  uint8_t uppers_[kNumbers] = {};

  // Between two instructions that are a pair.
  Reg left_ = kNone;       // the left operand's low word, which was not moved to where the instruction has it
  uint8_t extracted_ = 0;  // how far a bit field is to be shifted down
  Op scaled_ = Op::add;    // of an addition that shifts its left operand, too

  // The pool of literals, before the code, from its end down. A value that was asked for not long ago is not put there
  // again.
  static constexpr unsigned kRemembered = 16;
  uint32_t literals_ = 0;
  uint32_t room_ = 0;        // how many were expected
  uint8_t* base_ = nullptr;  // where the code begins, behind them; null: nowhere
  uint8_t remembered_count_ = 0, remembered_next_ = 0;
  uint16_t remembered_at_[kRemembered] = {};
  uint32_t remembered_[kRemembered] = {};
};

}  // namespace perdita::jit::xt

namespace perdita::jit {
extern template void TwoPasses<xt::Generator>::survey();  // in survey.cc, where it is made of one piece
}  // namespace perdita::jit
