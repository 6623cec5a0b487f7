// SPDX-License-Identifier: Apache-2.0
//
// From BPF to Xtensa with the call0 ABI ("Xtensa Instruction Set Architecture Reference Manual", "the manual"): the
// base instructions (chapter 5), code density (4.3.1), 16- and 32-bit multiplication (4.3.3, 4.3.4: MUL16U and MULL,
// but no high word). That is the core of an ESP8266 (lx106), and what every larger core runs as well. Cores with MULUH
// or a divider would be targets of their own.
//
// A BPF register has 64 bits, the machine's have 32. The low words of r0 to r5 are in a2 to a7, where the ABI has
// results and arguments (8.1.2); those of r6 and r7 in a12 and a13, which C preserves, those of r8 and r9 in a10 and
// a11, which it does not: they are put into the frame around calls of C. The upper words have homes in the frame. Where
// a subprogram leaves machine registers over, its most used upper words live there instead. a8, a9 and, if need be, a0
// (the return address is then in the frame) are scratch inside an instruction; a15 is the base of the link table.
//
// Loads and stores reach upward only (L8UI 0 to 255, L32I 0 to 1020), and BPF's stack lies below r10. So a14 is not r10
// but the lowest byte of the frame: the prologue subtracts the frame's size, and whatever names r10 adds it again,
// which in an address costs nothing. A callee finds its r10 in a14 without any work of the caller.
//
// There are no flags. Branches compare registers with each other, with zero, or with one of 30 constants (table 3-17);
// that is what BPF's jumps do. What a 64-bit addition carries is whether its low word came out below an operand: BGEU
// over an ADDI, and where the other operand has no upper word, the upper word is not even loaded but for a carry. A
// 64-bit comparison is up to three branches. Words that facts (docs/spec/facts.md) know to be zero or the sign take
// part as constants and fold away.
//
// Constants beyond MOVI's 12 bits come from a pool of literals before the code (L32R, 3.5.2: up to 256 KB behind the
// program counter; it cannot look forward). A sequence of MOVI, SLLI and ADDI would take up to six instructions, each
// time. The code then begins with a jump over the pool. The pool holds numbers, no addresses: the code stays
// position-independent. A literal is shared with the last sixteen; looking further back would take memory.
//
// Quirks:
// * Instructions have 24 or 16 bits and any address, but CALL0 leads to multiples of 4 (manual, CALL0): subprograms
//   begin there, and so does code whose address is taken.
// * The program counter is read by CALL0 to the next multiple of 4, which leaves the address behind it in a0.
// * A conditional branch reaches -124 to 131 bytes, against zero -2044 to 2051, forward to 67 in 16 bits (BEQZ.N).
//   Beyond that the inverse branch leads over a J.
// * Shifts by a register go through SAR (5.3.7): SSL puts 32 - count there, SSR the count, of its low five bits both.
//   SRC shifts two words; with a SAR of 32 it gives the upper one, which is right for a count of 0.
// * SRLI ends at 15; EXTUI does the rest (manual, SRLI), and BPF's masks.
// * Unaligned loads and stores trap: byte by byte, where facts do not rule them out; SRC puts four bytes together.
// * Division, and what else takes long, is in the runtime's routines.
//
// Four passes. `survey` finds what each subprogram needs of a frame, and an upper bound of each instruction's length:
// all branches far, the largest frame, all upper words in memory. `shorten` chooses frames, and branches by those
// bounds; `settle` chooses again by what came of that, and finds the real offsets. From pass to pass no instruction
// becomes longer, so what a branch reached in one it reaches in the next. `emit` does the same with the choices made.
// Each pass runs through the same code; what differs is the frame and where the output goes.
#include "jit/xtensa/generator.h"

#include "isa/form.h"
#include "isa/helpers.h"

namespace perdita::jit {
namespace xt {
namespace {

using isa::Form;
using isa::Upper;

constexpr uint32_t kMostBytes = 1u << 17;  // what J reaches
constexpr uint32_t kPage = 1u << 16;

uint32_t surveys_bytes(const Program& program) { return aligned(program.subprograms.size() * sizeof(Survey)); }

bool jumps(Form form) {
  return form == Form::jump || form == Form::jump_wide || form == Form::branch_immediate ||
         form == Form::branch_register;
}

// What ADDMI takes, 256 times -128 to 127, and ADDI.
bool splits(uint32_t value) { return value + 32896 < 65536; }

}  // namespace

static size_t needed_bytes(const Program& program) {
  return offsets_bytes(program) + surveys_bytes(program) + two_bit_bytes(program.code.size()) +
         bit_bytes(program.code.size());
}

Generator::Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs)
    : program_(program), costs_(costs), out_({}), code_(out_), facts_reader_(program.facts) {
  fits_ = workspace.size() >= needed_bytes(program);
  if (!fits_) return;
  uint8_t* at = workspace.data();
  offsets_ = reinterpret_cast<uint16_t*>(at);
  at += offsets_bytes(program);
  surveys_ = reinterpret_cast<Survey*>(at);
  reaches_ = at + surveys_bytes(program);
  for (size_t i = 0; i < program.subprograms.size(); i++) surveys_[i] = {};
  for (uint32_t i = 0; i < two_bit_bytes(program.code.size()); i++) reaches_[i] = 0;
  targets_ = reaches_ + two_bit_bytes(program.code.size());
  for (uint32_t i = 0; i < bit_bytes(program.code.size()); i++) targets_[i] = 0;
}

Generated Generator::run(MutableBytes code) {
  if (!fits_) return {Failure::workspace_too_small, 0};
  pass(Pass::survey, {});
  if (failure_ == Failure::none) pass(Pass::shorten, {});
  if (failure_ == Failure::none) pass(Pass::settle, {});
  if (failure_ != Failure::none) return {failure_, 0};
  header_bytes_ = literals_ != 0 ? 4 + 4 * literals_ : 0;
  const uint32_t size_bytes = out_.size() + header_bytes_;
  if (size_bytes > kMostBytes) return {Failure::program_too_large, 0};
  if (code.data() == nullptr) return {Failure::none, size_bytes};
  if (size_bytes > code.size()) return {Failure::buffer_too_small, size_bytes};
  pass(Pass::emit, code);
  return {failure_, size_bytes};
}

uint32_t Generator::offset_of(uint32_t pc) const {
  const uint32_t page = pc <= pc_ ? page_ : page_before_;
  return offsets_[pc] + (pc >= page ? kPage : 0);
}

void Generator::pass(Pass pass, MutableBytes code) {
  pass_ = pass;
  out_ = Output(code);
  facts_reader_ = isa::FactReader(program_.facts);
  literals_before_ = literals_;
  literals_ = 0;
  remembered_count_ = remembered_next_ = 0;
  page_before_ = page_;
  if (pass != Pass::emit) page_ = kNowhere;
  if (pass == Pass::emit && header_bytes_ != 0) {
    code_.jump(static_cast<int32_t>(header_bytes_));
    code_.fill(header_bytes_ - 3);
  }
  uint32_t next_subprogram = 0;
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  for (pc_ = 0; pc_ < instructions && failure_ == Failure::none; pc_++) {
    uint32_t before = code_.instructions();
    const uint32_t at = pc_;
    if (position() > kMostBytes) failure_ = Failure::program_too_large;
    if (next_subprogram < program_.subprograms.size() && program_.subprograms[next_subprogram].first == pc_) {
      code_.fill((0 - position()) & 3);
      surveys_[next_subprogram].entry = static_cast<uint16_t>(position() / 4);
      enter_subprogram(next_subprogram++);
      prologue();
      if (pc_ == 0 && literals_before_ != 0) before--;  // the jump over the pool
    }
    // Of a subprogram's first instruction: behind the prologue, for a jump there does not make the frame again.
    start_before_ = offsets_[pc_] + (pc_ >= page_before_ ? kPage : 0);
    if (pass != Pass::emit) {
      offsets_[pc_] = static_cast<uint16_t>(position());
      if (page_ == kNowhere && position() >= kPage) page_ = pc_;
    } else if (offset_of(pc_) != position()) {
      failure_ = Failure::inconsistent;
    }
    insn_ = program_.code[pc_];
    facts_ = facts_reader_.next(insn_);
    instruction();
    if (insn_.opcode == isa::kLddw) {
      pc_++;
      // Nothing leads there; it ends the page like any other.
      if (pass != Pass::emit) offsets_[pc_] = offsets_[pc_ - 1];
    }
    if (at >= costs_.size()) continue;
    // A conditional jump that has changed targets with the one behind it: that one may be executed in its stead.
    const bool swapped = jump_instead_ != kNowhere;
    costs_[at] = static_cast<uint16_t>(code_.instructions() - before + (swapped ? 1 : 0));
  }
  if (position() > kMostBytes) failure_ = Failure::program_too_large;
  if (pass == Pass::emit) return;
  offsets_[instructions] = static_cast<uint16_t>(position());
  if (page_ == kNowhere && position() >= kPage) page_ = instructions;
}

void Generator::enter_subprogram(uint32_t index) {
  subprogram_ = static_cast<uint8_t>(index);
  const Survey& survey = surveys_[index];
  if (pass_ == Pass::survey) {
    // The largest frame there is.
    for (Reg& upper : uppers_) upper = kInMemory;
    upper_reads_ = UINT16_MAX;
    saved_ = 0x3c01;
    frame_bytes_ = 128;
    has_frame_ = stack_bytes() != 0;
    return;
  }
  upper_reads_ = survey.reads;
  has_frame_ = stack_bytes() != 0 && ((survey.named >> isa::kFrameRegister & 1) != 0 || survey.calls_subprograms);
  place_uppers(survey);
  saved_ = survey.uses_return || survey.calls || survey.calls_routines ? 1u << kReturn : 0;
  for (unsigned reg = 6; reg < kNumbers; reg++) {
    if ((survey.writes >> reg & 1) != 0) saved_ = static_cast<uint16_t>(saved_ | 1u << low(reg));
  }
  uint32_t parts = survey.calls ? kArgsBytes : 0;
  for (unsigned reg = 0; reg < kNumbers; reg++) {
    if (uppers_[reg] != kInMemory) {
      if (uppers_[reg] >= 10) saved_ = static_cast<uint16_t>(saved_ | 1u << uppers_[reg]);
    } else if (survey.uses(reg) != 0 && (survey.reads >> reg & 1) != 0) {
      const uint32_t end = upper_offset(reg) < static_cast<int32_t>(kArgsBytes) ? kArgsBytes : kUppersEnd;
      if (end > parts) parts = end;
    }
  }
  if (survey.calls_out && (survey.named & (3u << 8)) != 0) parts = kUppersEnd;
  if (survey.calls_routines) parts = kBlockEnd;
  frame_bytes_ = (parts + 4 * static_cast<uint32_t>(__builtin_popcount(saved_)) + 15) & ~15u;
}

// The most used upper words go into registers that are left over.
void Generator::place_uppers(const Survey& survey) {
  uint32_t free = 0;
  for (unsigned reg = 0; reg < kNumbers; reg++) {
    if ((survey.named >> reg & 1) != 0) continue;
    const Reg machine = low(reg);
    const bool kept = machine >= 12;
    const bool kept_by_callees = machine >= 10;
    if (kept || (kept_by_callees ? !survey.calls_out : !survey.calls)) free |= 1u << machine;
  }
  for (Reg& upper : uppers_) upper = kInMemory;
  while (free != 0) {
    unsigned best = kNumbers;
    for (unsigned reg = 0; reg < kNumbers; reg++) {
      const bool open = uppers_[reg] == kInMemory && survey.uses(reg) != 0 && (survey.reads >> reg & 1) != 0;
      if (open && (best == kNumbers || survey.uses(reg) > survey.uses(best))) best = reg;
    }
    if (best == kNumbers) return;
    const auto machine = static_cast<Reg>(__builtin_ctz(free));
    free &= free - 1;
    uppers_[best] = machine;
  }
}

void Generator::prologue() {
  if (frame_bytes_ != 0) static_cast<void>(code_.add_immediate(kSp, kSp, 0 - frame_bytes_));
  uint32_t left = static_cast<uint32_t>(__builtin_popcount(saved_));
  // In ascending order, the return address last.
  for (unsigned reg = 10; reg < 14; reg++) {
    if ((saved_ >> reg & 1) == 0) continue;
    code_.access(Access::store_word, static_cast<Reg>(reg), kSp, static_cast<int32_t>(frame_bytes_ - 4 * left--));
  }
  if (left != 0) code_.access(Access::store_word, kReturn, kSp, static_cast<int32_t>(frame_bytes_ - 4));
  if (has_frame_) add_constant(kFrame, kFrame, 0 - stack_bytes(), kScratch);
  for (unsigned reg = 1; reg <= 5; reg++) {
    // In the first pass as if all were read: lengths are an upper bound.
    const bool read = pass_ == Pass::survey || (surveys_[subprogram_].uses(reg) != 0 && (upper_reads_ >> reg & 1) != 0);
    if (!read) continue;
    const Reg target = uppers_[reg] == kInMemory ? kScratch : uppers_[reg];
    code_.access(Access::word, target, kSp, static_cast<int32_t>(frame_bytes_) + upper_offset(reg));
    if (uppers_[reg] == kInMemory) code_.access(Access::store_word, target, kSp, upper_offset(reg));
  }
}

void Generator::epilogue() {
  uint32_t left = static_cast<uint32_t>(__builtin_popcount(saved_));
  for (unsigned reg = 10; reg < 14; reg++) {
    if ((saved_ >> reg & 1) == 0) continue;
    code_.access(Access::word, static_cast<Reg>(reg), kSp, static_cast<int32_t>(frame_bytes_ - 4 * left--));
  }
  if (left != 0) code_.access(Access::word, kReturn, kSp, static_cast<int32_t>(frame_bytes_ - 4));
  // `enter` restores a14 itself.
  if (has_frame_ && (pass_ == Pass::survey || surveys_[subprogram_].called)) {
    add_constant(kFrame, kFrame, stack_bytes(), kScratch);
  }
  if (frame_bytes_ == 128) {
    // More than ADDI takes. What lies above must not be below the stack pointer for a moment.
    for (int half = 0; half < 2; half++) static_cast<void>(code_.add_immediate(kSp, kSp, 64));
  } else if (frame_bytes_ != 0) {
    static_cast<void>(code_.add_immediate(kSp, kSp, frame_bytes_));
  }
  code_.call_return();
}

void Generator::instruction() {
  const Form form = isa::form_of(insn_.opcode);
  if (pass_ == Pass::survey) {
    Survey& survey = surveys_[subprogram_];
    const isa::RegisterUse use = isa::register_use(insn_);
    const bool is_call = insn_.opcode == (isa::kJmp | isa::kCall);
    survey.named |= static_cast<uint16_t>(use.reads | (is_call ? 1u : use.writes));
    survey.writes |= use.writes;
    if (jumps(form)) targets_[target() / 8] = static_cast<uint8_t>(targets_[target() / 8] | 1u << (target() % 8));
  }
  if (moves_into_next()) {
    left_ = low(insn_.src());
    return;
  }
  switch (form) {
    case Form::load_wide:
      return load_wide();
    case Form::load:
      return load();
    case Form::store_immediate:
    case Form::store_register:
      return store();
    case Form::atomic:
      return atomic();
    case Form::jump:
    case Form::jump_wide:
      goto_target();
      jump_instead_ = kNowhere;
      return;
    case Form::branch_immediate:
    case Form::branch_register:
      return conditional_jump();
    case Form::call:
      return call();
    case Form::exit:
      if (!facts_.upper_dead) {
        const Word result = upper(0, facts_.dst, 3);
        if (result.known) {
          constant(3, result.value);
        } else {
          copy(3, result.reg);
        }
      }
      return epilogue();
    case Form::byte_order:
      return byte_order();
    default:
      if (!scales_into_next() && !extracts_with_next()) arithmetic();
  }
}

void Generator::arithmetic() {
  const bool reads_frame = has_frame_ && by_register() && insn_.src() == isa::kFrameRegister;
  const bool moves = isa::insn_op(insn_.opcode) == isa::kMov && insn_.offset == 0;
  if (reads_frame && moves) {
    add_constant(low(insn_.dst()), kFrame, stack_bytes(), kScratch);
    set_upper(insn_.dst(), 0);
    return;
  }
  // Rare: r10 itself, for this instruction.
  if (reads_frame) add_constant(kFrame, kFrame, stack_bytes(), kScratch);
  if (isa::operand_bits(insn_.opcode) == 64) {
    arithmetic64();
  } else {
    arithmetic32();
  }
  if (reads_frame) add_constant(kFrame, kFrame, 0 - stack_bytes(), kScratch);
  left_ = kNone;
  scaled_ = Op::add;
  extracted_ = 0;
}

// ---- words ----

Reg Generator::low(unsigned reg) {
  static constexpr Reg kLow[] = {2, 3, 4, 5, 6, 7, 12, 13, 10, 11, kFrame};
  return kLow[reg];
}

int32_t Generator::upper_offset(unsigned reg) {
  const auto number = static_cast<int32_t>(reg);
  if (reg >= 1 && reg <= 5) return 8 * (number - 1) + 4;
  return reg == 0 ? 40 : 40 + 4 * (number - 5);
}

Reg Generator::third() {
  if (pass_ == Pass::survey) surveys_[subprogram_].uses_return = true;
  return kReturn;
}

Word Generator::upper(unsigned reg, Upper fact, Reg scratch) {
  if (reg >= kNumbers || is_zero(fact)) return number(0);
  if (is_sign(fact)) {
    code_.shift(Shift::right_signed, scratch, low(reg), 31);
    return in(scratch);
  }
  note_read(reg);
  if (uppers_[reg] != kInMemory) return in(uppers_[reg]);
  code_.access(Access::word, scratch, kSp, upper_offset(reg));
  return in(scratch);
}

Reg Generator::in_register(Word word, Reg scratch) {
  if (!word.known) return word.reg;
  constant(scratch, word.value);
  return scratch;
}

void Generator::note_read(unsigned reg) {
  if (pass_ != Pass::survey) return;
  surveys_[subprogram_].reads |= static_cast<uint16_t>(1u << reg);
  surveys_[subprogram_].count(reg);
}

bool Generator::upper_wanted(unsigned reg) const { return !facts_.upper_dead && (upper_reads_ >> reg & 1) != 0; }

Reg Generator::upper_target(unsigned reg, Reg scratch) const {
  return uppers_[reg] != kInMemory ? uppers_[reg] : scratch;
}

void Generator::upper_done(unsigned reg, Reg from) {
  if (pass_ == Pass::survey) surveys_[subprogram_].count(reg);
  if (uppers_[reg] == kInMemory) {
    code_.access(Access::store_word, from, kSp, upper_offset(reg));
  } else {
    copy(uppers_[reg], from);
  }
}

void Generator::set_upper(unsigned reg, uint32_t value) {
  if (!upper_wanted(reg)) return;
  const Reg target = upper_target(reg, kScratch);
  constant(target, value);
  upper_done(reg, target);
}

void Generator::set_upper_by_sign(unsigned reg) {
  if (!upper_wanted(reg)) return;
  const Reg target = upper_target(reg, kScratch);
  code_.shift(Shift::right_signed, target, low(reg), 31);
  upper_done(reg, target);
}

void Generator::keep_upper(unsigned reg, Upper fact) {
  if (!upper_wanted(reg) || fact == Upper::in_register) return;
  if (is_zero(fact)) return set_upper(reg, 0);
  set_upper_by_sign(reg);
}

// ---- constants ----

uint32_t Generator::literal(uint32_t value) {
  for (unsigned i = 0; i < remembered_count_; i++) {
    if (remembered_[i] == value) return remembered_at_[i];
  }
  remembered_[remembered_next_] = value;
  remembered_at_[remembered_next_] = static_cast<uint16_t>(literals_);
  if (remembered_count_ < kRemembered) remembered_count_++;
  remembered_next_ = static_cast<uint8_t>((remembered_next_ + 1u) % kRemembered);
  return literals_++;
}

void Generator::load_literal(Reg d, uint32_t index, uint32_t value) {
  const uint32_t at = 4 + 4 * index;
  if (pass_ == Pass::emit) {
    out_.store(at, value);
    out_.store(at + 2, value >> 16);
  }
  code_.load_literal(d, static_cast<int32_t>(at) - static_cast<int32_t>((out_.size() + 3) & ~3u));
}

void Generator::constant(Reg d, uint32_t value) {
  if (!code_.move_immediate(d, value)) load_literal(d, literal(value), value);
}

void Generator::copy(Reg d, Reg s) {
  if (d != s) code_.move(d, s);
}

void Generator::add_constant(Reg d, Reg s, uint32_t value, Reg scratch) {
  if (value == 0) return copy(d, s);
  if (code_.add_immediate(d, s, value)) return;
  if (splits(value)) return code_.add_split(d, s, value);
  constant(scratch, value);
  code_.operate(Op::add, d, s, scratch);
}

void Generator::and_constant(Reg d, Reg s, uint32_t value, Reg scratch) {
  const bool mask = value != 0 && (value & (value + 1)) == 0;
  const auto above = value != 0 ? static_cast<unsigned>(__builtin_clz(value)) : 0;
  if (value == UINT32_MAX) {
    copy(d, s);
  } else if (value == 0) {
    constant(d, 0);
  } else if (mask && above >= 16) {
    code_.extract(d, s, 0, 32 - above);
  } else if (mask) {
    code_.shift(Shift::left, d, s, above);
    code_.shift(Shift::right, d, d, above);
  } else {
    constant(scratch, value);
    code_.operate(Op::and_, d, s, scratch);
  }
}

void Generator::operate(Op op, Reg d, Reg s, Word t, Reg scratch) { code_.operate(op, d, s, in_register(t, scratch)); }

static Generated generate(const Program& program, MutableBytes workspace, MutableBytes code, Span<uint16_t> costs) {
  return Generator(program, workspace, costs).run(code);
}

}  // namespace xt

constinit const Target xtensa = {"xtensa", 1, xt::needed_bytes, xt::generate};

}  // namespace perdita::jit
