// SPDX-License-Identifier: Apache-2.0
//
// The generator for RV32IMC, see generator.cc. Inside this room only.
#pragma once

#include "isa/facts.h"
#include "jit/parts.h"
#include "jit/rv32/encode.h"

namespace perdita::jit::rv32 {

constexpr unsigned kNumbers = 10;  // r0 to r9; r10 is a word that nobody writes
constexpr Reg kFrame = 24;         // s8, of r10
constexpr Reg kTable = 25;         // s9, base of the link table
constexpr unsigned kNobody = 0xff;
constexpr uint32_t kNowhere = UINT32_MAX;

// The frame (docs/spec/calling.md).
constexpr uint32_t kArgsBytes = 40;
constexpr uint32_t kBlock = 72;
constexpr uint32_t kBlockEnd = 96;

// What the first pass finds out about a subprogram, for its frame.
struct Survey {
  uint16_t named;   // BPF registers that instructions name
  uint16_t writes;  // BPF registers that instructions write
  uint16_t reads;   // BPF registers whose upper word is read
  uint16_t entry;   // where its code begins, in halfwords
  bool calls : 1, calls_routines : 1;
};

// A number that a loop needs again and again, and how much it is worth to have it in a register.
struct Constant {
  uint32_t value;
  uint32_t last;  // where it was asked for
  uint16_t weight;
  uint8_t subprogram;
  Reg reg;
};
constexpr unsigned kCandidates = 6;      // of a subprogram, while it is surveyed
constexpr unsigned kMostConstants = 24;  // of all subprograms

// How long a branch is: found in the second pass, two bits per instruction.
enum class Branch : uint8_t { far = 0, near = 1, shortest = 2 };

class Generator {
 public:
  Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs);
  Generated run(MutableBytes code);

 private:
  enum class Pass : uint8_t { survey, write };

  // generator.cc: passes, subprograms, frames.
  void pass(Pass pass, MutableBytes code);
  void close(MutableBytes code);
  void close(MutableBytes code, uint32_t to);
  void enter_subprogram(uint32_t index);
  void prologue();
  void epilogue();
  void instruction();
  void note_registers();

  // constants.cc: numbers that are in a register throughout a subprogram.
  Reg constant(uint32_t value, Reg scratch);  // where it is, or put into `scratch`; never to be changed
  bool is_kept(uint32_t value);               // whether it is there already
  void note_constant(uint32_t value);
  void note_loop(uint32_t start);
  void keep_constants(uint32_t subprogram);
  uint32_t place_constants(const Survey& survey);

  // pairs.cc: instructions that become one with the next.
  bool is_target(uint32_t pc) const { return (targets_[pc / 8] >> (pc % 8) & 1) != 0; }
  const isa::Insn* next_of_pair() const;
  isa::Facts facts_of_next(const isa::Insn& next) const;
  bool moves_into_next();
  bool shifts_up_and_down();
  bool loads_in_network_order() const;
  bool swaps_with_jump() const;

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
  uint32_t target() const;
  Branch choice(uint32_t pc) const;
  int32_t distance_to(uint32_t target) const;

  bool by_register() const { return isa::uses_register(insn_.opcode); }
  static bool is_zero(isa::Upper fact) { return (static_cast<uint8_t>(fact) & 1) != 0; }
  static bool is_sign(isa::Upper fact) { return (static_cast<uint8_t>(fact) & 2) != 0; }
  bool right_is_zero() const { return by_register() ? is_zero(facts_.src) || insn_.src() >= kNumbers : insn_.imm >= 0; }
  bool right_is_sign() const { return !by_register() || is_sign(facts_.src); }

  const Program& program_;
  // The workspace.
  uint16_t* offsets_ = nullptr;  // of each instruction, in halfwords, and of the end
  uint8_t* choices_ = nullptr;
  uint8_t* targets_ = nullptr;  // a bit per instruction that something jumps to
  Survey* surveys_ = nullptr;
  Constant* constants_ = nullptr;  // kMostConstants, of all subprograms; behind them candidates
  uint32_t constant_count_ = 0;
  uint32_t candidate_count_ = 0;
  bool fits_ = false;
  Span<uint16_t> costs_;

  // Of the pass.
  Pass pass_ = Pass::survey;
  Output out_;
  Encoder code_;
  isa::FactReader facts_reader_;
  Failure failure_ = Failure::none;

  // Of the subprogram.
  uint32_t subprogram_ = 0;
  uint16_t upper_reads_ = 0;
  uint32_t saved_ = 0;  // machine registers
  uint32_t frame_bytes_ = 0;
  Span<Constant> kept_;

  // Of the instruction.
  uint32_t pc_ = 0;
  isa::Insn insn_ = {};
  isa::Facts facts_ = {};

  // Between two instructions that are a pair.
  unsigned left_ = kNobody;  // the left operand, which was not moved to where the instruction has it
  isa::Upper left_fact_ = isa::Upper::in_register;
  bool done_ = false;                 // the next instruction is a part of this one
  uint32_t jump_instead_ = kNowhere;  // of a conditional jump that has changed targets with the jump behind it
  uint32_t jump_next_ = kNowhere;     // of that one
  bool inverted_ = false;
};

}  // namespace perdita::jit::rv32
