// SPDX-License-Identifier: Apache-2.0
//
// How a generator goes over a program. `survey` reads it once: what each subprogram needs of a frame, where jumps lead,
// and about how long each instruction's code will be. `write` makes code: forward branches are as long as that
// estimate says, and lead to themselves until close_jumps() goes through the jumps, when all offsets are known. Where
// an estimate was too small for a branch the second pass is done once more, with lengths that cannot be: what came out,
// and what each jump may still grow. So no more than four linear passes, mostly two and the jumps.
//
// A generator derives from this with itself as Machine, which has
//   kUnit                             bytes of a unit of offsets
//   kCountsUppers                     whether Survey::uppers is wanted
//   kEntryUnit, kPrologueEstimate     of Survey::entry; bytes of a prologue
//   kMostBytes, code_bytes()          of all code; how many there are
//   begin(buffer), is_whole(buffer)   writes there; whether all of it is there
//   estimate()                        bytes of the surveyed instruction
//   divides_by_routine()              whether it does
//   note_loop(start), end_survey()    the surveyed jump leads back; the subprogram ends
//   begin_subprogram(), instruction() write
//   position(), instructions()        bytes and instructions written
//   jump_reaches(bytes)               whether this jump's branches do, as they were written
//   close_branches(to)                what of this instruction leads to itself leads to that offset
//   close_function(index)             the address of a subprogram, likewise
// Freestanding; any context; not to be copied.
#pragma once

#include "isa/facts.h"
#include "isa/form.h"
#include "isa/helpers.h"
#include "jit/parts.h"

namespace perdita::jit {

constexpr uint32_t kNowhere = UINT32_MAX;

// What the first pass finds out about a subprogram, for its frame.
struct Survey {
  uint16_t named;   // BPF registers that instructions name, or a few more
  uint16_t writes;  // BPF registers that instructions write
  uint16_t reads;   // BPF registers whose upper word is read
  uint16_t entry;   // where its code begins, in units of 4 bytes or 2
  bool uses_return : 1, calls : 1, calls_out : 1, calls_subprograms : 1, calls_routines : 1, called : 1;
  uint8_t uppers[5];  // how often each upper word is read or written, as far as 4 bits count

  unsigned uses(unsigned reg) const { return uppers[reg / 2] >> (reg % 2 * 4) & 15u; }
  void count(unsigned reg) {
    if (uses(reg) < 15) uppers[reg / 2] = static_cast<uint8_t>(uppers[reg / 2] + (1u << (reg % 2 * 4)));
  }
};
static_assert(sizeof(Survey) == 14);

inline bool calls_back(int32_t helper) {
  const auto number = static_cast<uint32_t>(helper);
  return number == isa::kHelperLoop || number == isa::kHelperForEachMapElem;
}

// By words, and not by a call.
inline void copy(isa::Facts& to, const isa::Facts& from) {
  using Word [[gnu::may_alias]] = uint32_t;
  static_assert(sizeof(isa::Facts) == 3 * sizeof(Word) && alignof(isa::Facts) == alignof(Word));
  auto* const out = reinterpret_cast<Word*>(&to);
  const auto* const in = reinterpret_cast<const Word*>(&from);
  out[0] = in[0];
  out[1] = in[1];
  out[2] = in[2];
}

template <class Machine>
class TwoPasses {
 public:
  static size_t workspace_bytes(const Program& program) {
    const size_t size = program.code.size();
    return offsets_bytes(program) + aligned(program.subprograms.size() * sizeof(Survey)) + two_bit_bytes(size) +
           bit_bytes(size);
  }

 protected:
  TwoPasses(const Program& program, MutableBytes workspace, Span<uint16_t> costs);

  Generated make(MutableBytes code);
  void survey();
  void write();
  // After `write`. Whether all branches reach what they should.
  bool close_jumps(bool into_buffer);
  void bound_offsets();

  // Of the program, then of this instruction.
  const isa::Insn& insn_at(uint32_t pc) const { return program_.code.data()[pc]; }
  bool is_target(uint32_t pc) const { return (targets_[pc / 8] >> (pc % 8) & 1) != 0; }
  bool by_register() const { return isa::uses_register(insn_.opcode); }
  static bool is_zero(isa::Upper fact) { return (static_cast<uint8_t>(fact) & 1) != 0; }
  static bool is_sign(isa::Upper fact) { return (static_cast<uint8_t>(fact) & 2) != 0; }
  uint32_t subprogram_at(int32_t imm) const { return find_subprogram(program_, pc_ + static_cast<uint32_t>(imm) + 1); }
  uint32_t stack_bytes() const { return program_.subprograms.data()[subprogram_].stack_bytes; }
  // Where a jump leads; `wide`: by its imm.
  uint32_t target() const {
    if (jump_instead_ != kNowhere) return jump_instead_;
    const bool wide = insn_.opcode == (isa::kJmp32 | isa::kJa);
    return pc_ + 1 + static_cast<uint32_t>(wide ? insn_.imm : int32_t{insn_.offset});
  }
  // In bytes, of what is written.
  uint32_t offset_of(uint32_t pc) const { return (offsets_[pc] + (pc >= page_ ? kPage : 0)) * Machine::kUnit; }
  // In bytes, about, from this instruction to one behind it.
  uint32_t estimated(uint32_t pc) const {
    if (offsets_[pc] == UINT16_MAX) return kNowhere / 2;  // or more
    return 2u * static_cast<uint16_t>(offsets_[pc] - estimate_) + 1;
  }

  // The next instruction, where nothing else leads to it.
  const isa::Insn* next_of_pair() const {
    const uint32_t next = pc_ + 1;
    return next >= program_.code.size() || is_target(next) ? nullptr : &insn_at(next);
  }
  void facts_of_next(const isa::Insn& next, isa::Facts& facts) const {
    if (kept_facts_ != nullptr) {
      return copy(facts, kept_facts_[pc_ + 1]);
    }
    isa::FactReader reader = facts_reader_;
    reader.next(next, facts);
  }
  // The first pass keeps what it reads at the end of a buffer that is large enough; tells what is left of it, which the
  // second pass may do with.
  MutableBytes keep_facts(MutableBytes buffer);
  bool swaps_with_jump() const;
  void swap_with_jump();
  void jump_done() {
    jump_instead_ = jump_next_;
    jump_next_ = kNowhere;
  }

  // How long the forward branches of an instruction are: two bits.
  unsigned choice() const { return choices_[pc_ / 4] >> (pc_ % 4 * 2) & 3; }
  void choose(unsigned choice) {
    uint8_t& four = choices_[pc_ / 4];
    const unsigned shift = pc_ % 4 * 2;
    four = static_cast<uint8_t>((four & ~(3u << shift)) | choice << shift);
  }

  static constexpr uint32_t kPage = 1u << 16;

  // Of the instruction.
  isa::Insn insn_ = {};
  isa::Facts facts_ = {};
  isa::Form form_ = isa::Form::invalid;
  bool chosen_ = false;  // how long forward branches are: in the pass before
  Failure failure_ = Failure::none;
  uint32_t pc_ = 0;
  uint32_t subprogram_ = 0;
  Survey* survey_ = nullptr;  // of the subprogram
  uint32_t estimate_ = 0;     // of where it begins
  const Program& program_;

  // The workspace.
  uint16_t* offsets_ = nullptr;  // of each instruction and of the end: estimates, in 2 bytes, then units modulo 2^16
  uint8_t* choices_ = nullptr;
  uint8_t* targets_ = nullptr;  // a bit per instruction that something jumps to
  Survey* surveys_ = nullptr;
  uint32_t page_ = kNowhere;  // the first instruction whose offset has 17 bits

  // Of a conditional jump that has changed targets with the jump behind it, and of that one.
  uint32_t jump_instead_ = kNowhere;
  uint32_t jump_next_ = kNowhere;
  isa::FactReader facts_reader_;
  isa::Facts* kept_facts_ = nullptr;  // or they are read again
  bool fits_ = false;
  Span<uint16_t> costs_;

 private:
  Machine& machine() { return static_cast<Machine&>(*this); }
  static uint16_t in_halves(uint32_t bytes) { return static_cast<uint16_t>(bytes < 2 * kPage ? bytes / 2 : kPage - 1); }
  void note();
  void note_reads(uint32_t registers);
  uint32_t first_of(uint32_t subprogram) const {
    return subprogram < program_.subprograms.size() ? program_.subprograms.data()[subprogram].first : kNowhere;
  }
};

template <class Machine>
TwoPasses<Machine>::TwoPasses(const Program& program, MutableBytes workspace, Span<uint16_t> costs)
    : program_(program), facts_reader_(program.facts), costs_(costs) {
  fits_ = workspace.size() >= workspace_bytes(program);
  if (!fits_) return;
  uint8_t* at = workspace.data();
  offsets_ = reinterpret_cast<uint16_t*>(at);
  at += offsets_bytes(program);
  surveys_ = reinterpret_cast<Survey*>(at);
  at += aligned(program.subprograms.size() * sizeof(Survey));
  choices_ = at;
  targets_ = at + two_bit_bytes(program.code.size());
  auto* const zeros = reinterpret_cast<uint8_t*>(surveys_);
  __builtin_memset(zeros, 0, static_cast<size_t>(targets_ + bit_bytes(program.code.size()) - zeros));
}

template <class Machine>
MutableBytes TwoPasses<Machine>::keep_facts(MutableBytes buffer) {
  constexpr uint32_t kMostCode = 8;  // bytes an instruction; where there are more all is written once more
  const size_t size = program_.code.size();
  if (buffer.size() < size * (kMostCode + sizeof(isa::Facts))) return buffer;
  const auto end = reinterpret_cast<uintptr_t>(buffer.end()) & ~uintptr_t{alignof(isa::Facts) - 1};
  kept_facts_ = reinterpret_cast<isa::Facts*>(end) - size;
  return {buffer.data(), static_cast<size_t>(reinterpret_cast<uint8_t*>(kept_facts_) - buffer.data())};
}

template <class Machine>
Generated TwoPasses<Machine>::make(MutableBytes code) {
  if (!fits_) return {Failure::workspace_too_small, 0};
  const MutableBytes room = keep_facts(code);
  survey();
  machine().begin(room);
  write();
  bool complete = close_jumps(machine().is_whole(room));
  if (!complete) {
    bound_offsets();
    machine().begin(room);
    write();
    complete = close_jumps(machine().is_whole(room));
  }
  const uint32_t size_bytes = machine().code_bytes();
  // What cannot be told may seem not to reach.
  if (size_bytes > Machine::kMostBytes) return {Failure::program_too_large, 0};
  if (!complete) failure_ = Failure::inconsistent;
  if (failure_ != Failure::none) return {failure_, 0};
  if (code.data() == nullptr) return {Failure::none, size_bytes};
  if (size_bytes > code.size()) return {Failure::buffer_too_small, size_bytes};
  if (!machine().is_whole(room)) {
    // There was not the room that was expected: once more, the same.
    chosen_ = true;
    kept_facts_ = nullptr;
    machine().begin(code);
    write();
    static_cast<void>(close_jumps(true));
  }
  return {failure_, size_bytes};
}

template <class Machine>
void TwoPasses<Machine>::write() {
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  facts_reader_ = isa::FactReader(program_.facts);
  uint32_t next_first = 0;
  subprogram_ = 0;
  survey_ = surveys_;
  page_ = kNowhere;
  for (pc_ = 0; pc_ < instructions; pc_++) {
    const uint32_t before = machine().instructions();
    const uint32_t at = pc_;
    if (pc_ == next_first) {
      if (pc_ != 0) {
        subprogram_++;
        survey_++;
      }
      next_first = first_of(subprogram_ + 1);
      machine().begin_subprogram();
    }
    // Of a subprogram's first instruction: behind the prologue, for a jump there does not make the frame again.
    const uint32_t position = machine().position() / Machine::kUnit;
    estimate_ = offsets_[pc_];
    offsets_[pc_] = static_cast<uint16_t>(position);
    if (position >= kPage && page_ == kNowhere) page_ = pc_;
    insn_ = insn_at(pc_);
    if (kept_facts_ != nullptr) {
      copy(facts_, kept_facts_[pc_]);
    } else {
      facts_reader_.next(insn_, facts_);
    }
    form_ = isa::form_of(insn_.opcode);
    machine().instruction();
    if (insn_.opcode == isa::kLddw) offsets_[++pc_] = static_cast<uint16_t>(position);
    if (at >= costs_.size()) continue;
    // A conditional jump that has changed targets with the one behind it: that one may be executed in its stead.
    const bool swapped = jump_instead_ != kNowhere;
    costs_.data()[at] = static_cast<uint16_t>(machine().instructions() - before + (swapped ? 1 : 0));
  }
  const uint32_t position = machine().position() / Machine::kUnit;
  offsets_[instructions] = static_cast<uint16_t>(position);
  if (position >= kPage && page_ == kNowhere) page_ = instructions;
}

// "if r3 == 0 goto out; goto start" at the end of a loop is better as "if r3 != 0 goto start; goto out".
template <class Machine>
bool TwoPasses<Machine>::swaps_with_jump() const {
  const isa::Insn* const next = next_of_pair();
  if (next == nullptr || next->opcode != (isa::kJmp | isa::kJa) || next->offset >= -1) return false;
  const uint32_t start = pc_ + 2 + static_cast<uint32_t>(int32_t{next->offset});
  return target() > pc_ || target() < start;
}

template <class Machine>
void TwoPasses<Machine>::swap_with_jump() {
  jump_next_ = target();
  jump_instead_ = pc_ + 2 + static_cast<uint32_t>(int32_t{insn_at(pc_ + 1).offset});
}

template <class Machine>
bool TwoPasses<Machine>::close_jumps(bool into_buffer) {
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  const isa::Insn* const code = program_.code.data();
  jump_instead_ = jump_next_ = kNowhere;
  for (uint32_t pc = 0; pc < instructions; pc++) {
    const uint8_t opcode = code[pc].opcode;
    const uint8_t group = isa::insn_class(opcode);
    if (group != isa::kLd && group != isa::kJmp && group != isa::kJmp32) continue;
    if (opcode == (isa::kJmp | isa::kExit)) continue;
    pc_ = pc;
    insn_ = code[pc];
    if (group == isa::kLd) {
      if (insn_.src() == isa::kLddwFunction && into_buffer) machine().close_function(subprogram_at(insn_.imm));
      pc++;
      continue;
    }
    if (opcode == (isa::kJmp | isa::kCall)) {
      if (insn_.src() != isa::kCallLocal || !into_buffer) continue;
      machine().close_branches(Machine::kEntryUnit * surveys_[subprogram_at(insn_.imm)].entry);
      continue;
    }
    if (isa::insn_op(opcode) != isa::kJa && swaps_with_jump()) {
      swap_with_jump();
    }
    const uint32_t to = target();
    if (to > pc_) {
      if (!machine().jump_reaches(offset_of(to) - offset_of(pc_))) return false;
      if (into_buffer) machine().close_branches(offset_of(to));
    }
    jump_done();
  }
  return true;
}

// From the offsets of one pass estimates for another that no branch exceeds.
template <class Machine>
void TwoPasses<Machine>::bound_offsets() {
  constexpr uint32_t kJump = 18;  // three branches, each of which then leads over a jump; what fills up behind an exit
  constexpr uint32_t kAddress = 4;
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  uint32_t growth = 0;
  for (uint32_t pc = 0; pc <= instructions; pc++) {
    offsets_[pc] = in_halves(offset_of(pc) + growth);
    const uint8_t group = pc < instructions ? isa::insn_class(insn_at(pc).opcode) : 0;
    growth += group == isa::kJmp || group == isa::kJmp32 ? kJump : group == isa::kLd ? kAddress : 0;
  }
  chosen_ = false;
}

}  // namespace perdita::jit
