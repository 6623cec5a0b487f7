// SPDX-License-Identifier: Apache-2.0
//
// From BPF to RV32IMC (The RISC-V Instruction Set Manual, Volume I: Unprivileged ISA, version 20191213, "the manual").
//
// A BPF register has 64 bits, the machine's have 32, but there are 32 of them: both words of r0 to r9 are in machine
// registers, which docs/spec/calling.md names. The 16-bit encodings of most instructions reach x8 to x15 only (chapter
// 16), which are s0, s1 and a0 to a5: the low words of r0 to r4, r6 and r7 are there. r10 is a word, s8; its upper word
// is x0, which is always 0 and so is every upper word that a fact calls zero: it costs no instruction. s9 is the base
// of the link table, t0, t1, t2 and ra are scratch inside an instruction. The stack pointer, ra, s registers, argument
// and result registers are those of the C convention (RISC-V ELF psABI, integer calling convention), so helpers are
// called and programs entered without moving anything but the invocation and a pointer to the arguments.
//
// There are no flags. A carry is a comparison: behind `add d, n, s` it is `sltu d, s` (2.4); before `sub d, n, s` the
// borrow is `sltu n, s`. A conditional branch compares two registers itself (2.5), so a comparison of words is one
// instruction, and of 64 bits up to three: of the upper words, whether these are equal, of the low words without a
// sign.
//
// Facts (docs/spec/facts.md) say which upper words nobody reads, which are 0 or the sign. Without them every upper word
// is computed, but of registers whose upper word the subprogram reads nowhere. The machine registers of those, and of
// registers that a subprogram does not name, hold constants that its loops ask for (constants.cc): no instruction has
// an immediate of more than 12 bits, branches have none at all.
//
// Quirks:
// * Shifts by a register take the lowest 5 bits of the count (2.4.2), which is what 32-bit shifts of BPF want. Those of
//   64 bits ask for bit 5 themselves.
// * A division by 0 gives all ones, its remainder is the dividend (table 7.1). BPF wants 0, and the dividend: quotients
//   are made 0 where no fact says that the divisor is another. The smallest number divided by -1 is itself, with
//   remainder 0: what BPF wants.
// * Immediates are sign-extended, those of LUI and AUIPC (2.4) are therefore one too large where bit 11 is set.
// * Accesses that are not aligned may trap or be emulated slowly (2.6): they are done byte by byte where no fact says
//   that they are aligned. Loads of what is in network order are done so anyway, for the machine cannot swap bytes.
// * Branches reach 4 KB, or 256 bytes where they compare x8 to x15 with 0 in 16 bits; jumps reach 1 MB, or 2 KB in 16
//   bits (2.5, 16.4). Farther branches are turned round, and jump over a jump.
//
// Two passes. `survey` finds what each subprogram needs of a frame, and an upper bound of each instruction's offset:
// all branches far, the largest frame, all upper words written. `write` chooses frames and branches, finds the real
// offsets, and writes: behind a forward branch no instruction is longer than in the first pass, so what reached there
// reaches now; backward targets are known. Both run through the same code; what differs is the frame and where the
// output goes. Where forward branches lead is known at the end: until then they lead to themselves, and then close()
// goes through the jumps. Without a buffer there is nothing to close.
#include "jit/rv32/generator.h"

#include "isa/form.h"

namespace perdita::jit {
namespace rv32 {
namespace {

using isa::Form;
using isa::Upper;

constexpr uint32_t kMostHalfwords = UINT16_MAX;
constexpr uint32_t kSaved = 0x00ff0000u << 2 | 3u << 8;  // s0 to s9

uint32_t surveys_bytes(const Program& program) { return aligned(program.subprograms.size() * sizeof(Survey)); }

constexpr uint32_t kConstantBytes = (kMostConstants + kCandidates) * sizeof(Constant);

}  // namespace

static size_t needed_bytes(const Program& program) {
  return offsets_bytes(program) + surveys_bytes(program) + kConstantBytes + two_bit_bytes(program.code.size()) +
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
  at += surveys_bytes(program);
  constants_ = reinterpret_cast<Constant*>(at);
  choices_ = at + kConstantBytes;
  for (size_t i = 0; i < program.subprograms.size(); i++) surveys_[i] = {};
  for (uint32_t i = 0; i < two_bit_bytes(program.code.size()); i++) choices_[i] = 0;
  targets_ = choices_ + two_bit_bytes(program.code.size());
  for (uint32_t i = 0; i < bit_bytes(program.code.size()); i++) targets_[i] = 0;
}

Generated Generator::run(MutableBytes code) {
  if (!fits_) return {Failure::workspace_too_small, 0};
  pass(Pass::survey, {});
  if (failure_ == Failure::none) pass(Pass::write, code);
  if (failure_ != Failure::none) return {failure_, 0};
  const uint32_t size_bytes = out_.size();
  if (code.data() == nullptr) return {Failure::none, size_bytes};
  if (size_bytes > code.size()) return {Failure::buffer_too_small, size_bytes};
  close(code);
  return {failure_, size_bytes};
}

void Generator::pass(Pass pass, MutableBytes code) {
  pass_ = pass;
  out_ = Output(code);
  facts_reader_ = isa::FactReader(program_.facts);
  uint32_t next_subprogram = 0;
  uint32_t next_first = 0;
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  const isa::Insn* const code_of_program = program_.code.data();
  for (pc_ = 0; pc_ < instructions && failure_ == Failure::none; pc_++) {
    const uint32_t before = out_.instructions();
    const uint32_t at = pc_;
    if (out_.size() / 2 > kMostHalfwords) failure_ = Failure::program_too_large;
    if (next_first == pc_) {
      if (pass == Pass::survey && next_subprogram != 0) keep_constants(next_subprogram - 1);
      surveys_[next_subprogram].entry = static_cast<uint16_t>(out_.size() / 2);
      enter_subprogram(next_subprogram++);
      next_first =
          next_subprogram < program_.subprograms.size() ? program_.subprograms[next_subprogram].first : kNowhere;
      prologue();
    }
    // Of a subprogram's first instruction: behind the prologue, for a jump there does not make the frame again.
    offsets_[pc_] = static_cast<uint16_t>(out_.size() / 2);
    insn_ = code_of_program[pc_];
    facts_reader_.next(insn_, facts_);
    instruction();
    if (insn_.opcode == isa::kLddw) pc_++;
    if (at >= costs_.size()) continue;
    // A conditional jump that has changed targets with the one behind it: that one may be executed in its stead.
    const bool swapped = jump_instead_ != kNowhere;
    costs_[at] = static_cast<uint16_t>(out_.instructions() - before + (swapped ? 1 : 0));
  }
  if (pass == Pass::survey && next_subprogram != 0) keep_constants(next_subprogram - 1);
  if (out_.size() / 2 > kMostHalfwords) failure_ = Failure::program_too_large;
  offsets_[instructions] = static_cast<uint16_t>(out_.size() / 2);
}

// What leads forward.
void Generator::close(MutableBytes code) {
  uint32_t swapped = kNowhere;  // where the jump before was to lead, which has changed targets with this one
  for (pc_ = 0; pc_ < program_.code.size(); pc_++) {
    insn_ = program_.code[pc_];
    switch (isa::form_of(insn_.opcode)) {
      case Form::load_wide:
        if (insn_.src() == isa::kLddwFunction) {
          const uint32_t at = 2u * offsets_[pc_];
          const uint32_t entry = surveys_[find_subprogram(program_, pc_ + static_cast<uint32_t>(insn_.imm) + 1)].entry;
          Output out(code.subspan(at, 8));
          Encoder(out).address_of(low(insn_.dst()), static_cast<int32_t>(2 * entry - at));
        }
        pc_++;
        break;
      case Form::call:
        if (insn_.src() != isa::kCallLocal) break;
        close(code, 2u * surveys_[find_subprogram(program_, pc_ + static_cast<uint32_t>(insn_.imm) + 1)].entry);
        break;
      case Form::branch_immediate:
      case Form::branch_register:
        if (swaps_with_jump()) {
          swapped = target();
          break;
        }
        [[fallthrough]];
      case Form::jump:
      case Form::jump_wide: {
        const uint32_t to = swapped != kNowhere ? swapped : target();
        if (to > pc_) close(code, 2u * offsets_[to]);
        swapped = kNowhere;
        break;
      }
      default:
        break;
    }
  }
}

// All of an instruction's that lead to themselves: at most three.
void Generator::close(MutableBytes code, uint32_t to) {
  const uint32_t end = 2u * offsets_[pc_ + 1];
  for (uint32_t at = 2u * offsets_[pc_]; at < end;) {
    const bool narrow = (code[at] & 3) != 3;
    uint32_t bits = code[at] | uint32_t{code[at + 1]} << 8;
    if (!narrow) bits |= uint32_t{code[at + 2]} << 16 | uint32_t{code[at + 3]} << 24;
    bits = Encoder::closed(bits, static_cast<int32_t>(to - at));
    out_.store(at, bits & 0xffff);
    if (!narrow) out_.store(at + 2, bits >> 16);
    at += narrow ? 2 : 4;
  }
}

void Generator::enter_subprogram(uint32_t index) {
  subprogram_ = index;
  const Survey& survey = surveys_[index];
  if (pass_ == Pass::survey) {
    // The largest frame there is.
    upper_reads_ = UINT16_MAX;
    saved_ = (kSaved & ~(1u << kFrame | 1u << kTable)) | 1u << kRa;
    frame_bytes_ = 144;
    return;
  }
  upper_reads_ = survey.reads;
  saved_ = survey.calls || survey.calls_routines ? 1u << kRa : 0;
  for (unsigned reg = 6; reg < kNumbers; reg++) {
    if ((survey.writes >> reg & 1) == 0) continue;
    saved_ |= 1u << low(reg);
    if ((survey.reads >> reg & 1) != 0) saved_ |= 1u << high(reg);
  }
  saved_ |= place_constants(survey) & kSaved;
  const uint32_t parts = survey.calls_routines ? kBlockEnd : survey.calls ? kArgsBytes : 0;
  frame_bytes_ = (parts + 4 * static_cast<uint32_t>(__builtin_popcount(saved_)) + 15) & ~15u;
}

// In ascending order of their numbers, ra last, at the frame's end.
void Generator::prologue() {
  if (frame_bytes_ != 0) code_.adjust_stack(-static_cast<int32_t>(frame_bytes_));
  auto at = static_cast<int32_t>(frame_bytes_) - 4 * __builtin_popcount(saved_);
  for (uint32_t rest = saved_ & ~(1u << kRa); rest != 0; rest &= rest - 1, at += 4) {
    code_.store(Store::word, static_cast<Reg>(__builtin_ctz(rest)), kSp, at);
  }
  if ((saved_ >> kRa & 1) != 0) code_.store(Store::word, kRa, kSp, at);
  for (const Constant& constant : kept_) {
    if (constant.reg != kZero) code_.load_immediate(constant.reg, constant.value);
  }
}

void Generator::epilogue() {
  auto at = static_cast<int32_t>(frame_bytes_) - 4 * __builtin_popcount(saved_);
  for (uint32_t rest = saved_ & ~(1u << kRa); rest != 0; rest &= rest - 1, at += 4) {
    code_.load(Load::word, static_cast<Reg>(__builtin_ctz(rest)), kSp, at);
  }
  if ((saved_ >> kRa & 1) != 0) code_.load(Load::word, kRa, kSp, at);
  if (frame_bytes_ != 0) code_.adjust_stack(static_cast<int32_t>(frame_bytes_));
  code_.jump_register(kRa);
}

void Generator::instruction() {
  if (done_) {
    done_ = false;
    return;
  }
  if (pass_ == Pass::survey) note_registers();
  const bool moves =
      insn_.opcode == (isa::kAlu64 | isa::kMov | isa::kX) || insn_.opcode == (isa::kAlu | isa::kMov | isa::kX);
  if (moves && moves_into_next()) return;
  // What a move before has put nowhere has the upper half that it had there.
  if (left_ != kNobody && facts_.dst == Upper::in_register) facts_.dst = left_fact_;
  switch (isa::form_of(insn_.opcode)) {
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
      branch_always();
      jump_instead_ = kNowhere;
      return;
    case Form::branch_immediate:
    case Form::branch_register:
      return conditional_jump();
    case Form::call:
      return call();
    case Form::exit:
      if (!facts_.upper_dead) code_.move(high(0), upper(0, facts_.dst, high(0)));
      return epilogue();
    case Form::byte_order:
      byte_order();
      break;
    default:
      if (shifts_up_and_down()) break;
      if (isa::operand_bits(insn_.opcode) == 64) {
        arithmetic64();
      } else {
        arithmetic32();
      }
  }
  left_ = kNobody;
}

// Which the instruction names and writes, or a few more.
void Generator::note_registers() {
  Survey& survey = surveys_[subprogram_];
  const uint8_t group = isa::insn_class(insn_.opcode);
  const unsigned dst = 1u << insn_.dst();
  const unsigned src = group == isa::kLd ? 0 : 1u << insn_.src();
  const bool stores = group == isa::kSt || group == isa::kStx;
  // r0 holds results, and what a compare-and-exchange compares with.
  unsigned named = dst | src | (stores ? 1u : 0u);
  unsigned writes = 0;
  if (group == isa::kStx && isa::insn_mode(insn_.opcode) == isa::kAtomic) {
    writes = src;
  } else if (!stores && group != isa::kJmp && group != isa::kJmp32) {
    writes = dst;
  }
  if (insn_.opcode == (isa::kJmp | isa::kCall)) named = 1;
  survey.named |= static_cast<uint16_t>(named);
  survey.writes |= static_cast<uint16_t>(writes);
}

Reg Generator::low(unsigned reg) {
  static constexpr Reg kLow[] = {10, 12, 13, 14, 15, 16, 8, 9, 18, 19, kFrame};
  return kLow[reg];
}

Reg Generator::high(unsigned reg) {
  static constexpr Reg kHigh[] = {11, 17, 28, 29, 30, 31, 20, 21, 22, 23, kZero};
  return kHigh[reg];
}

Reg Generator::upper(unsigned reg, Upper fact, Reg scratch) {
  if (reg >= kNumbers || is_zero(fact)) return kZero;
  if (is_sign(fact)) {
    code_.shift(Op::sra, scratch, low(reg), 31);
    return scratch;
  }
  if (pass_ == Pass::survey) surveys_[subprogram_].reads |= static_cast<uint16_t>(1u << reg);
  return high(reg);
}

bool Generator::upper_wanted(unsigned reg) const { return !facts_.upper_dead && (upper_reads_ >> reg & 1) != 0; }

void Generator::set_upper(unsigned reg, uint32_t value) {
  if (upper_wanted(reg)) code_.load_immediate(high(reg), value);
}

void Generator::set_upper_by_sign(unsigned reg) {
  if (upper_wanted(reg)) code_.shift(Op::sra, high(reg), low(reg), 31);
}

void Generator::keep_upper() {
  const unsigned dst = insn_.dst();
  if (upper_wanted(dst)) code_.move(high(dst), left_upper());
}

Generator::Skip Generator::skip_if(Condition condition, Reg a, Reg b) {
  const Skip skip = {out_.size(), condition, a, b, false};
  if (b == kZero && is_popular(a) && (condition == Condition::eq || condition == Condition::ne)) {
    code_.branch_short(condition == Condition::eq, a, 0);
  } else {
    code_.branch(condition, a, b, 0);
  }
  return skip;
}

Generator::Skip Generator::skip() {
  const Skip skip = {out_.size(), Condition::eq, kZero, kZero, true};
  code_.jump_short(0);
  return skip;
}

void Generator::land(const Skip& skip) {
  const auto distance = static_cast<int32_t>(out_.size() - skip.at);
  if (skip.always) return out_.store(skip.at, Encoder::jump_short_bits(distance));
  if (skip.b == kZero && is_popular(skip.a) && (skip.condition == Condition::eq || skip.condition == Condition::ne)) {
    return out_.store(skip.at, Encoder::branch_short_bits(skip.condition == Condition::eq, skip.a, distance));
  }
  const uint32_t bits = Encoder::branch_bits(skip.condition, skip.a, skip.b, distance);
  out_.store(skip.at, bits & 0xffff);
  out_.store(skip.at + 2, bits >> 16);
}

static Generated generate(const Program& program, MutableBytes workspace, MutableBytes code, Span<uint16_t> costs) {
  return Generator(program, workspace, costs).run(code);
}

}  // namespace rv32

constinit const Target rv32imc = {"rv32imc", 1, rv32::needed_bytes, rv32::generate};

}  // namespace perdita::jit
