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
// Passes are those of two_passes.h. The pool grows downward from where the code begins, so that literals are where they
// are however many there will be; where fewer came than the first pass expected, all is moved down in the end.
#include "jit/xtensa/generator.h"

#include "isa/form.h"
#include "isa/helpers.h"

namespace perdita::jit {
namespace xt {
namespace {

using isa::Form;
using isa::Upper;

// What ADDMI takes, 256 times -128 to 127, and ADDI.
bool splits(uint32_t value) { return value + 32896 < 65536; }

}  // namespace

Generator::Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs)
    : Encoder({}), TwoPasses(program, workspace, costs) {}

Generated Generator::run(MutableBytes code) {
  const Generated made = make(code);
  const uint32_t header = header_bytes(literals_);
  if (!costs_.empty() && header != 0) costs_[0]++;  // the jump over the pool
  if (made.failure != Failure::none || code.data() == nullptr) return made;
  using Whole [[gnu::may_alias]] = uint32_t;
  auto* to = reinterpret_cast<Whole*>(code.data() + (header != 0 ? 4 : 0));
  const auto* from = reinterpret_cast<const Whole*>(base_ - 4 * literals_);
  if (to != from) {
    // The last word may reach behind the code, not behind the room that this makes.
    for (uint32_t words = literals_ + (position() + 3) / 4; words != 0; words--) *to++ = *from++;
  }
  if (header != 0) {
    Encoder start(code);
    start.jump(static_cast<int32_t>(header));
    start.fill(1);
  }
  return made;
}

// With the pool before it.
bool Generator::is_whole(MutableBytes buffer) const {
  return base_ != nullptr && literals_ <= room_ && position() <= static_cast<size_t>(buffer.end() - base_);
}

// Behind room for the pool: as much as the first pass expects, or what was needed before.
void Generator::begin(MutableBytes buffer) {
  if (chosen_) room_ = literals_;
  const uint32_t header = header_bytes(room_);
  base_ = header < buffer.size() ? buffer.data() + header : nullptr;
  static_cast<Encoder&>(*this) = Encoder(base_ != nullptr ? buffer.subspan(header) : MutableBytes());
  literals_ = 0;
  remembered_count_ = remembered_next_ = 0;
}

void Generator::begin_subprogram() {
  const Survey& survey = *survey_;
  code().fill((0 - position()) & 3);
  survey_->entry = static_cast<uint16_t>(position() / 4);
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
  prologue();
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
  for (uint8_t& upper : uppers_) upper = kInMemory;
  while (free != 0) {
    unsigned best = kNumbers;
    for (unsigned reg = 0; reg < kNumbers; reg++) {
      const bool open = uppers_[reg] == kInMemory && survey.uses(reg) != 0 && (survey.reads >> reg & 1) != 0;
      if (open && (best == kNumbers || survey.uses(reg) > survey.uses(best))) best = reg;
    }
    if (best == kNumbers) return;
    const auto machine = static_cast<uint8_t>(__builtin_ctz(free));
    free &= free - 1;
    uppers_[best] = machine;
  }
}

void Generator::prologue() {
  if (frame_bytes_ != 0) static_cast<void>(code().add_immediate(kSp, kSp, 0 - frame_bytes_));
  uint32_t left = static_cast<uint32_t>(__builtin_popcount(saved_));
  // In ascending order, the return address last.
  for (unsigned reg = 10; reg < 14; reg++) {
    if ((saved_ >> reg & 1) == 0) continue;
    code().access(Access::store_word, static_cast<Reg>(reg), kSp, static_cast<int32_t>(frame_bytes_ - 4 * left--));
  }
  if (left != 0) code().access(Access::store_word, kReturn, kSp, static_cast<int32_t>(frame_bytes_ - 4));
  if (has_frame_) add_constant(kFrame, kFrame, 0 - stack_bytes(), kScratch);
  for (unsigned reg = 1; reg <= 5; reg++) {
    if ((upper_reads_ >> reg & 1) == 0) continue;
    const Reg target = uppers_[reg] == kInMemory ? kScratch : uppers_[reg];
    code().access(Access::word, target, kSp, static_cast<int32_t>(frame_bytes_) + upper_offset(reg));
    if (uppers_[reg] == kInMemory) code().access(Access::store_word, target, kSp, upper_offset(reg));
  }
}

void Generator::epilogue() {
  uint32_t left = static_cast<uint32_t>(__builtin_popcount(saved_));
  for (unsigned reg = 10; reg < 14; reg++) {
    if ((saved_ >> reg & 1) == 0) continue;
    code().access(Access::word, static_cast<Reg>(reg), kSp, static_cast<int32_t>(frame_bytes_ - 4 * left--));
  }
  if (left != 0) code().access(Access::word, kReturn, kSp, static_cast<int32_t>(frame_bytes_ - 4));
  // `enter` restores a14 itself.
  if (has_frame_ && survey_->called) {
    add_constant(kFrame, kFrame, stack_bytes(), kScratch);
  }
  if (frame_bytes_ == 128) {
    // More than ADDI takes. What lies above must not be below the stack pointer for a moment.
    for (int half = 0; half < 2; half++) static_cast<void>(code().add_immediate(kSp, kSp, 64));
  } else if (frame_bytes_ != 0) {
    static_cast<void>(code().add_immediate(kSp, kSp, frame_bytes_));
  }
  code().call_return();
}

bool Generator::jump_reaches(uint32_t bytes) const {
  switch (static_cast<Reach>(choice())) {
    case Reach::narrow:
      return bytes <= kNarrowUp;
    case Reach::near:
      return bytes <= kBranchUp;
    case Reach::zero_only:
      return bytes <= kZeroBranchUp;
    default:
      return true;
  }
}

void Generator::close_branches(uint32_t to) {
  const uint32_t end = offset_of(pc_ + 1);
  for (uint32_t at = offset_of(pc_); at < end;) at += code().close(at, to);
}

// CALL0 is the first instruction, what loads the literal stands where it leads.
void Generator::close_function(uint32_t index) {
  const uint32_t behind = offset_of(pc_) + 3;
  const uint32_t at = (behind + 3) & ~3u;
  const uint32_t words = 0xffff0000u | code().load(at + 1);
  const uint32_t value = 4u * surveys_[index].entry - behind;
  uint8_t* const literal = base_ + static_cast<int32_t>(at + 4 * words);
  for (unsigned i = 0; i < 4; i++) literal[i] = static_cast<uint8_t>(value >> (8 * i));
}

void Generator::instruction() {
  switch (form_) {
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
    case Form::move_register32:
    case Form::move_register64:
      if (insn_.offset == 0 && moves_into_next()) {
        left_ = low(insn_.src());
        return;
      }
      break;
    case Form::alu_immediate: {
      const uint8_t op = isa::insn_op(insn_.opcode);
      if (op == isa::kLsh ? scales_into_next() : (op == isa::kRsh || op == isa::kArsh) && extracts_with_next()) return;
      break;
    }
    default:
      break;
  }
  arithmetic();
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
  if (is_wide(insn_.opcode)) {
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
  static constexpr uint8_t kLow[] = {2, 3, 4, 5, 6, 7, 12, 13, 10, 11, kFrame};
  return kLow[reg];
}

int32_t Generator::upper_offset(unsigned reg) {
  const auto number = static_cast<int32_t>(reg);
  if (reg >= 1 && reg <= 5) return 8 * (number - 1) + 4;
  return reg == 0 ? 40 : 40 + 4 * (number - 5);
}

Reg Generator::third() {
  if ((saved_ >> kReturn & 1) == 0) failure_ = Failure::inconsistent;
  return kReturn;
}

Word Generator::upper(unsigned reg, Upper fact, Reg scratch) {
  if (reg >= kNumbers || is_zero(fact)) return number(0);
  if (is_sign(fact)) {
    code().shift(Shift::right_signed, scratch, low(reg), 31);
    return in(scratch);
  }
  if (uppers_[reg] != kInMemory) return in(uppers_[reg]);
  code().access(Access::word, scratch, kSp, upper_offset(reg));
  return in(scratch);
}

Reg Generator::in_register(Word word, Reg scratch) {
  if (!word.known) return word.reg;
  constant(scratch, word.value);
  return scratch;
}

bool Generator::upper_wanted(unsigned reg) const { return !facts_.upper_dead && (upper_reads_ >> reg & 1) != 0; }

Reg Generator::upper_target(unsigned reg, Reg scratch) const {
  return uppers_[reg] != kInMemory ? uppers_[reg] : scratch;
}

void Generator::upper_done(unsigned reg, Reg from) {
  if (uppers_[reg] == kInMemory) {
    code().access(Access::store_word, from, kSp, upper_offset(reg));
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
  code().shift(Shift::right_signed, target, low(reg), 31);
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
  const auto at = static_cast<int32_t>(4 * (index + 1));
  if (base_ != nullptr && index < room_) {
    uint8_t* const to = base_ - at;
    for (unsigned i = 0; i < 4; i++) to[i] = static_cast<uint8_t>(value >> (8 * i));
  }
  code().load_literal(d, -at - static_cast<int32_t>((position() + 3) & ~3u));
}

void Generator::constant(Reg d, uint32_t value) {
  if (!code().move_immediate(d, value)) load_literal(d, literal(value), value);
}

void Generator::copy(Reg d, Reg s) {
  if (d != s) code().move(d, s);
}

void Generator::add_constant(Reg d, Reg s, uint32_t value, Reg scratch) {
  if (value == 0) return copy(d, s);
  if (code().add_immediate(d, s, value)) return;
  if (splits(value)) return code().add_split(d, s, value);
  constant(scratch, value);
  code().operate(Op::add, d, s, scratch);
}

void Generator::and_constant(Reg d, Reg s, uint32_t value, Reg scratch) {
  const bool mask = value != 0 && (value & (value + 1)) == 0;
  const auto above = value != 0 ? static_cast<unsigned>(__builtin_clz(value)) : 0;
  if (value == UINT32_MAX) {
    copy(d, s);
  } else if (value == 0) {
    constant(d, 0);
  } else if (mask && above >= 16) {
    code().extract(d, s, 0, 32 - above);
  } else if (mask) {
    code().shift(Shift::left, d, s, above);
    code().shift(Shift::right, d, d, above);
  } else {
    constant(scratch, value);
    code().operate(Op::and_, d, s, scratch);
  }
}

void Generator::operate(Op op, Reg d, Reg s, Word t, Reg scratch) { code().operate(op, d, s, in_register(t, scratch)); }

static Generated generate(const Program& program, MutableBytes workspace, MutableBytes code, Span<uint16_t> costs) {
  return Generator(program, workspace, costs).run(code);
}

}  // namespace xt

constinit const Target xtensa = {"xtensa", 2, xt::Generator::workspace_bytes, xt::generate};

}  // namespace perdita::jit
