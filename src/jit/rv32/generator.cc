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
// Passes are those of two_passes.h.
#include "jit/rv32/generator.h"

#include "isa/form.h"

namespace perdita::jit {
namespace rv32 {
namespace {

using isa::Form;
using isa::Upper;

constexpr uint32_t kSaved = 0x00ff0000u << 2 | 3u << 8;  // s0 to s9

}  // namespace

Generator::Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs)
    : Encoder({}), TwoPasses(program, workspace, costs) {}

// All of an instruction's that lead to themselves: at most three.
void Generator::close_branches(uint32_t to) {
  const uint32_t end = offset_of(pc_ + 1);
  for (uint32_t at = offset_of(pc_); at < end;) {
    uint32_t bits = Output::load(at);
    const bool narrow = (bits & 3) != 3;
    if (!narrow) bits |= Output::load(at + 2) << 16;
    bits = Encoder::closed(bits, static_cast<int32_t>(to - at));
    Output::store(at, bits & 0xffff);
    if (!narrow) Output::store(at + 2, bits >> 16);
    at += narrow ? 2 : 4;
  }
}

void Generator::close_function(uint32_t index) {
  const uint32_t at = offset_of(pc_);
  Encoder place(*this, at);
  place.address_of(low(insn_.dst()), static_cast<int32_t>(2u * surveys_[index].entry - at));
}

bool Generator::jump_reaches(uint32_t bytes) const {
  const bool always = isa::insn_op(insn_.opcode) == isa::kJa;
  switch (choice()) {
    case Branch::far:
      return true;
    case Branch::near:
      return always || bytes <= 4094;
    default:
      return bytes <= (always ? 2046u : 254u);
  }
}

void Generator::begin_subprogram() {
  const Survey& survey = *survey_;
  survey_->entry = static_cast<uint16_t>(position() / 2);
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
  prologue();
}

// In ascending order of their numbers, ra last, at the frame's end.
void Generator::prologue() {
  if (frame_bytes_ != 0) code().adjust_stack(-static_cast<int32_t>(frame_bytes_));
  auto at = static_cast<int32_t>(frame_bytes_) - 4 * __builtin_popcount(saved_);
  for (uint32_t rest = saved_ & ~(1u << kRa); rest != 0; rest &= rest - 1, at += 4) {
    code().store(Store::word, static_cast<Reg>(__builtin_ctz(rest)), kSp, at);
  }
  if ((saved_ >> kRa & 1) != 0) code().store(Store::word, kRa, kSp, at);
  for (const Constant& constant : kept_) {
    if (constant.reg != kZero) code().load_immediate(constant.reg, constant.value);
  }
}

void Generator::epilogue() {
  auto at = static_cast<int32_t>(frame_bytes_) - 4 * __builtin_popcount(saved_);
  for (uint32_t rest = saved_ & ~(1u << kRa); rest != 0; rest &= rest - 1, at += 4) {
    code().load(Load::word, static_cast<Reg>(__builtin_ctz(rest)), kSp, at);
  }
  if ((saved_ >> kRa & 1) != 0) code().load(Load::word, kRa, kSp, at);
  if (frame_bytes_ != 0) code().adjust_stack(static_cast<int32_t>(frame_bytes_));
  code().jump_register(kRa);
}

void Generator::instruction() {
  if (done_) {
    done_ = false;
    return;
  }
  const bool moves =
      insn_.opcode == (isa::kAlu64 | isa::kMov | isa::kX) || insn_.opcode == (isa::kAlu | isa::kMov | isa::kX);
  if (moves && moves_into_next()) return;
  // What a move before has put nowhere has the upper half that it had there.
  if (left_ != kNobody && facts_.dst == Upper::in_register) facts_.dst = left_fact_;
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
      branch_always();
      jump_instead_ = kNowhere;
      return;
    case Form::branch_immediate:
    case Form::branch_register:
      return conditional_jump();
    case Form::call:
      return call();
    case Form::exit:
      if (!facts_.upper_dead) code().move(high(0), upper(0, facts_.dst, high(0)));
      return epilogue();
    case Form::byte_order:
      byte_order();
      break;
    default:
      if (shifts_up_and_down()) break;
      if (is_wide(insn_.opcode)) {
        arithmetic64();
      } else {
        arithmetic32();
      }
  }
  left_ = kNobody;
}

Reg Generator::low(unsigned reg) {
  static constexpr uint8_t kLow[] = {10, 12, 13, 14, 15, 16, 8, 9, 18, 19, kFrame};
  return kLow[reg];
}

Reg Generator::high(unsigned reg) {
  static constexpr uint8_t kHigh[] = {11, 17, 28, 29, 30, 31, 20, 21, 22, 23, kZero};
  return kHigh[reg];
}

Reg Generator::upper(unsigned reg, Upper fact, Reg scratch) {
  if (reg >= kNumbers || is_zero(fact)) return kZero;
  if (is_sign(fact)) {
    code().shift(Op::sra, scratch, low(reg), 31);
    return scratch;
  }
  return high(reg);
}

bool Generator::upper_wanted(unsigned reg) const { return !facts_.upper_dead && (upper_reads_ >> reg & 1) != 0; }

void Generator::set_upper(unsigned reg, uint32_t value) {
  if (upper_wanted(reg)) code().load_immediate(high(reg), value);
}

void Generator::set_upper_by_sign(unsigned reg) {
  if (upper_wanted(reg)) code().shift(Op::sra, high(reg), low(reg), 31);
}

void Generator::keep_upper() {
  const unsigned dst = insn_.dst();
  if (upper_wanted(dst)) code().move(high(dst), left_upper());
}

Generator::Skip Generator::skip_if(Condition condition, Reg a, Reg b) {
  const Skip skip = {position(), condition, a, b, false};
  if (b == kZero && is_popular(a) && (condition == Condition::eq || condition == Condition::ne)) {
    code().branch_short(condition == Condition::eq, a, 0);
  } else {
    code().branch(condition, a, b, 0);
  }
  return skip;
}

Generator::Skip Generator::skip() {
  const Skip skip = {position(), Condition::eq, kZero, kZero, true};
  code().jump_short(0);
  return skip;
}

void Generator::land(const Skip& skip) {
  const auto distance = static_cast<int32_t>(position() - skip.at);
  if (skip.always) return code().Output::store(skip.at, Encoder::jump_short_bits(distance));
  if (skip.b == kZero && is_popular(skip.a) && (skip.condition == Condition::eq || skip.condition == Condition::ne)) {
    return code().Output::store(skip.at, Encoder::branch_short_bits(skip.condition == Condition::eq, skip.a, distance));
  }
  const uint32_t bits = Encoder::branch_bits(skip.condition, skip.a, skip.b, distance);
  code().Output::store(skip.at, bits & 0xffff);
  code().Output::store(skip.at + 2, bits >> 16);
}

static Generated generate(const Program& program, MutableBytes workspace, MutableBytes code, Span<uint16_t> costs) {
  return Generator(program, workspace, costs).make(code);
}

}  // namespace rv32

constinit const Target rv32imc = {"rv32imc", 2, rv32::Generator::workspace_bytes, rv32::generate};

}  // namespace perdita::jit
