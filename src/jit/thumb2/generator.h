// SPDX-License-Identifier: Apache-2.0
//
// The generator for Thumb-2, see generator.cc. Inside this room only.
#pragma once

#include "isa/facts.h"
#include "isa/form.h"
#include "jit/parts.h"
#include "jit/thumb2/encode.h"

namespace perdita::jit::thumb2 {

constexpr unsigned kNumbers = 10;  // r0 to r9; r10 is a word that nobody writes
constexpr Reg kFrame = 10;         // machine register of r10
constexpr Reg kTable = 11;         // base of the link table
constexpr Reg kInMemory = 0xff;
constexpr Reg kNone = 0xff;
constexpr uint32_t kNowhere = UINT32_MAX;
constexpr uint32_t kMostHalfwords = UINT16_MAX;
constexpr uint16_t kZero = 1u << kFrame;  // of what is in scratch: that nothing, for which r10's upper word stands
constexpr int32_t kMostOwed = 1016;       // an offset that all loads and stores reach, of 8 bytes too

// The frame (docs/spec/calling.md).
constexpr uint32_t kArgsBytes = 40;
constexpr uint32_t kUppersEnd = 72;  // the uppers of r0, r6 to r9 and, elsewhere, more
constexpr uint32_t kBlock = 72;
constexpr uint32_t kBlockEnd = 96;

// What the first pass finds out about a subprogram, for its frame.
struct Survey {
  uint32_t registers;  // BPF registers that instructions name, and, from bit 16 on, that they write
  uint16_t reads;      // BPF registers whose upper word is read
  uint16_t entry;      // where its code begins, in halfwords
  uint8_t passed;      // BPF registers of r1 to r5 that may be arguments: not written before anything reads them
  bool uses_lr : 1, calls : 1, calls_subprograms : 1, calls_routines : 1;
  uint8_t uppers[kNumbers];  // how often each upper word is read or written
  bool names(unsigned reg) const { return (registers >> reg & 1) != 0; }
  bool writes(unsigned reg) const { return (registers >> (16 + reg) & 1) != 0; }
};

// A constant that some loop of a subprogram wants in a register. Few of them: registers are few.
struct Constant {
  uint32_t value;
  uint16_t subprogram;
};
constexpr unsigned kConstants = 8, kConstantsOfOne = 2;

// One that the first pass has come upon, and whether that was in a loop.
struct Candidate {
  uint32_t value;
  uint32_t last;    // the last instruction that uses it
  uint32_t weight;  // instructions that it takes, in how many loops
};
constexpr unsigned kCandidates = 4;

// How long an instruction's branch forward is, where it has one: found in the second pass, two bits per instruction.
enum class Branch : uint8_t { none = 0, narrow = 1, zero = 2, wide = 3 };

inline uint32_t jump_target(uint32_t pc, const isa::Insn& insn) {
  const bool wide = insn.opcode == (isa::kJmp32 | isa::kJa);
  return pc + 1 + static_cast<uint32_t>(wide ? insn.imm : insn.offset);
}

// Facts in a word, but for those of arguments and of divisors, of which nothing becomes of here; and whether something
// jumps to the next instruction.
constexpr unsigned kKeptAlignment = 26, kKeptTarget = 28;  // above `count`
inline void take_kept(uint32_t word, isa::Facts& facts) {
  const uint32_t first = word & ((1u << kKeptAlignment) - 1);
  __builtin_memcpy(static_cast<void*>(&facts), &first, sizeof first);
  facts.alignment_log2 = static_cast<uint8_t>(word >> kKeptAlignment & 3);
}

enum class Pass : uint8_t { survey, shorten, direct, emit };

// What a generator knows of the instruction that it makes. The order is that of use: what stands first is reached by
// the shortest loads and stores. The encoder is the base for the same reason.
struct Current : Encoder {
  using Encoder::Encoder;

  Reg d_ = 0, m_ = 0;     // the low words of dst and src
  uint8_t left_ = kNone;  // the register that holds the left operand, which was not moved to where it belongs
  isa::Insn insn_ = {};
  isa::Facts facts_ = {};
};

// The rest of it, all zero at the start but for what the constructor says.
struct State {
  // Between two instructions that are a pair.
  isa::Upper left_fact_;  // of the register that holds the left operand
  Reg zero_of_;           // the low word that Z tells about

  bool wanted_;  // whether the instruction must write the upper word of its result
  Pass pass_;
  uint8_t index_;         // the register that should have been added to the left operand, but was not
  uint16_t in_scratch_;   // BPF registers, in memory, whose upper word is in r12, too, unless that was written
  uint16_t in_lr_;        // likewise in lr
  uint16_t upper_reads_;  // of the subprogram
  uint32_t pc_;
  uint16_t* offsets_;  // of each instruction, in halfwords, and of the end
  Survey* surveys_;
  uint32_t subprogram_;
  uint32_t saved_;        // machine registers
  uint32_t target_;       // of the jump that is made
  uint32_t jump_next_;    // of the jump behind it, with which it has changed targets
  uint32_t* kept_facts_;  // what the first pass has read of them, where the buffer has room for it
  uint8_t* targets_;      // a bit per instruction that something jumps to
  uint8_t* choices_;
  uint32_t parts_bytes_, frame_bytes_;
  uint32_t owed_offset_;
  int32_t owed_map_;  // that register holds where this one's first value is
  uint32_t held_count_;

  uint8_t owed_;   // the register that an offset is still to be added to
  uint8_t shift_;  // by how much the left operand should have been shifted, but was not; 0: nothing
  Shift shift_kind_;
  bool lowest_bit_;         // all bits but the lowest of the left operand should have been cleared, but were not
  bool shifted_up_;         // the left operand should have been shifted to the left by 32, but was not
  uint8_t next_is_target_;  // not 0: it is, or there is none
  bool paired_;             // some of what stands above
  bool bounds_known_;       // of offsets, in the first pass
  uint16_t undecided_;      // in the first pass, of r1 to r5: neither read nor written, nor jumped yet
  Failure failure_;
  Reg uppers_[kNumbers];
  Reg held_[kConstantsOfOne];
  uint32_t constant_count_;
};

class Generator : Current, State {
 public:
  Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs);
  Generated run(MutableBytes code);

 private:
  // generator.cc: passes, subprograms, frames.
  void pass(Pass pass, MutableBytes code);
  void arithmetic();
  void end_pair();
  void begin_subprogram(uint32_t index);
  bool keep_facts(MutableBytes code);
  void enter_subprogram(uint32_t index);
  uint32_t place_uppers(const Survey& survey);
  void prologue();
  void epilogue();
  [[gnu::always_inline]] inline void instruction();
  [[gnu::always_inline]] inline void fetch(uint32_t pc);
  [[gnu::always_inline]] inline void fetch_kept(uint32_t pc);

  // constants.cc: those that loops use stay in registers that are left over.
  Reg constant(uint32_t value, Reg scratch);  // where it is, or put into `scratch`; keeps the flags
  void note_constant(uint32_t value);         // these three of the first pass
  void note_loop(uint32_t start);
  void choose_constants();
  void place_constants(uint32_t free);

  // survey.cc: the first pass.
  void survey();
  [[gnu::always_inline]] inline uint32_t survey_instruction(Survey& survey);
  void note_operand(uint8_t op);
  static void note_upper_reads(Survey& survey, uint32_t registers);

  // patch.cc: what leads forward.
  void chain(uint32_t index, uint32_t at, Reg reg);
  void resolve(uint32_t link);
  void patch_branches();
  void patch_branch(Branch length, uint32_t end, uint32_t target);

  // An offset that is not added to a register yet, for an access that can add it may be all there is behind.
  void settle();
  bool bears_debt();

  // pairs.cc: instructions that become one with the next.
  bool is_target(uint32_t pc) const { return (targets_[pc / 8] >> (pc % 8) & 1) != 0; }
  void mark_targets();
  const isa::Insn& next() const { return program_.code.data()[pc_ + 1]; }
  isa::Facts facts_of_next(const isa::Insn& next) const;
  bool leaves_to_next(isa::Form form);
  bool moves_into_next() const;
  bool shifts_up_for_next() const;
  bool masks_for_next() const;
  bool shifts_for_next() const;
  bool adds_for_next() const;
  bool next_asks_for_zero() const;
  bool swaps_with_jump() const;
  // The left operand, wherever it is.
  unsigned left_number() const { return left_ != kNone ? left_ : insn_.dst(); }
  Reg left() const { return left_ != kNone ? low(left_) : d_; }
  isa::Upper left_fact() const { return facts_.dst != isa::Upper::in_register ? facts_.dst : left_fact_; }
  Reg left_upper(Reg scratch) { return upper(left_number(), left_fact(), scratch); }
  // For an operation with a constant where that is wanted to fit the instruction.
  Flags result_flags(uint32_t value) const;
  void note_zero(Flags flags) {
    if (flags == Flags::set) zero_of_ = d_;
  }

  Encoder& code() { return *this; }

  // Words. An upper word is in a register, in the frame, or known.
  static Reg low(unsigned reg);
  Reg upper(unsigned reg, isa::Upper fact, Reg scratch);  // where it is, or put into `scratch`; keeps the flags
  // Whether the instruction must write it.
  bool upper_wanted(unsigned reg) const { return !facts_.upper_dead && (upper_reads_ >> reg & 1) != 0; }
  Reg upper_target(unsigned reg, Reg scratch) const;  // where to compute it
  void upper_done(unsigned reg, Reg from);            // it is there now
  bool next_takes_upper() const;
  // Of the instruction's result:
  Reg result_upper() const { return upper_target(insn_.dst(), kScratch); }
  void put_upper(Reg from) { upper_done(insn_.dst(), from); }
  void last_upper(Reg from);       // likewise, and r12 stays as it is until the next instruction
  void set_upper(uint32_t value);  // to a constant, where wanted
  void set_upper_by_sign();        // of the low word, where wanted
  void keep_upper();               // the left operand's as the result's, where wanted
  void note_scratch(uint16_t registers) {
    in_scratch_ = registers;
    scratch_written = false;
  }
  // Whether it holds something that may be of use yet, and lr can be written instead.
  bool scratch_is_full() const { return !scratch_written && in_scratch_ != 0 && (saved_ >> kLr & 1) != 0; }
  static uint32_t upper_offset(unsigned reg);  // of its home in the frame
  Reg lr();
  void operate(Operation operation, Reg d, Reg n, uint32_t value, Reg scratch);

  uint32_t skip();  // a short branch to where land() is told
  void land(uint32_t from, Condition condition);

  // arithmetic32.cc, arithmetic64.cc, shift64.cc
  void arithmetic32();
  void arithmetic64();
  void add32(bool subtract);
  void add64(bool subtract);
  void combine_words(Op op);
  bool operate_shifted(Op op);
  void multiply_words();
  void bitwise64(Op op);
  void multiply64();
  void shift32(Shift kind);
  void shift64(Shift kind);
  void shift64_immediate(Shift kind, unsigned count);
  void shift64_register(Shift kind);
  void shift64_left();
  void shift64_right(Shift kind);
  void divide32(bool is_signed);
  void divide64(bool is_signed);
  void divide_words(bool is_signed);
  bool divides_words() const;
  bool right_is_zero() const;
  struct Uppers {
    Reg left, right;
  };
  Uppers both_uppers();
  void move64();
  void move_upper(unsigned dst, unsigned src);
  void byte_order();
  void negate_word();
  void negate64();

  // memory.cc
  struct Address {
    Reg base;
    int32_t offset;
  };
  Address address(Reg base, int32_t offset, int32_t reach);
  void load();
  bool next_stores_zero() const;
  void store();
  void load_wide();
  void load_map(bool value);
  void store_whole(Address at, Reg low_word, Reg high_word);
  void atomic();

  // flow.cc
  void jump();
  void jump32(Condition condition);
  void jump64(Condition condition);
  bool compares_words() const;
  void conditional_jump();
  void compare(Reg n, uint32_t value, Reg scratch);
  void branch(Condition condition);
  void branch_if(Condition condition);
  void branch_on_zero(bool zero, Reg reg);
  void call();
  void call_subprogram();
  void call_routine(uint32_t offset);
  void call_linked(uint32_t index);
  void hand_over_arguments();
  void call_result();
  Branch choice(uint32_t pc) const;
  void choose(uint32_t pc, Branch branch);
  bool narrow_reaches(Condition condition) const;

  bool by_register() const { return isa::uses_register(insn_.opcode); }
  bool is_zero(isa::Upper fact) const { return (static_cast<uint8_t>(fact) & 1) != 0; }
  bool is_sign(isa::Upper fact) const { return (static_cast<uint8_t>(fact) & 2) != 0; }

  const Program& program_;
  isa::FactReader facts_reader_;
  uint32_t held_values_[kConstantsOfOne];
  Constant constants_[kConstants];
  Candidate candidates_[kCandidates];  // in the first pass
  Span<uint16_t> costs_;
};

// An instruction and what is known of it.
inline void Generator::fetch(uint32_t pc) {
  insn_ = program_.code.data()[pc];
  next_is_target_ = is_target(pc + 1);
  facts_reader_.next(insn_, facts_);
}

}  // namespace perdita::jit::thumb2
