// SPDX-License-Identifier: Apache-2.0
//
// The first pass. It makes no code: from forms and facts alone it finds what each subprogram needs of a frame, which
// constants its loops use, where jumps lead, and no instruction's offset exactly, but a bound that the code never
// exceeds. Where a bound is generous a branch forward may be longer than it has to be, nothing worse; where the later
// passes find something that this one did not foresee they give up (Failure::inconsistent).
#include "isa/form.h"
#include "isa/helpers.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Facts;
using isa::Form;
using isa::Insn;

namespace {

constexpr uint32_t kPrologueBytes = 60;
constexpr uint32_t kUpperBytes = 8;      // an upper word: from the sign or a constant, and home
constexpr uint32_t kConstantBytes = 8;   // MOVW, MOVT
constexpr uint32_t kFarBytes = 12;       // an offset that no load or store reaches
constexpr uint32_t kTailCallBytes = 12;  // a comparison, a branch, an epilogue
constexpr uint32_t kCallbackBytes = 32;  // the two more arguments of helpers that call back

void count(uint8_t& uses) {
  if (uses != UINT8_MAX) uses++;
}

bool is_shift(uint8_t op) { return op == isa::kLsh || op == isa::kRsh || op == isa::kArsh; }
bool is_far(const Insn& insn) { return insn.offset < -255 || insn.offset > 4091; }
bool is_small(int32_t imm) { return imm > -256 && imm < 256; }

uint32_t bytes_of_call(const Insn& insn, const Facts& facts) {
  if (insn.src() == isa::kCallLocal) return 52;
  uint32_t bytes = 16;
  for (const isa::Upper arg : facts.args) bytes += arg == isa::Upper::either ? 0 : 8;
  if (insn.src() != isa::kCallHelper) return bytes;
  if (insn.imm == isa::kHelperTailCall) return bytes + kTailCallBytes;
  const bool calls_back = insn.imm == isa::kHelperLoop || insn.imm == isa::kHelperForEachMapElem;
  return bytes + (calls_back ? kCallbackBytes : 0);
}

}  // namespace

// Which constants arithmetic makes in scratch registers, as far as that is easily told.
void Generator::note_operand(uint8_t op) {
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (is_small(insn_.imm) && op != isa::kMul) return;
  uint32_t bits;
  const bool sum = op == isa::kAdd || op == isa::kSub;
  const uint32_t size = sum && insn_.imm < 0 ? 0 - value : value;
  if (op == isa::kMul ? (value & (value - 1)) == 0 : modified_immediate(size, bits)) return;
  if (is_shift(op) || (sum && size < 4096) || (op == isa::kAnd && modified_immediate(~value, bits))) return;
  note_constant(size);
}

void Generator::note_upper_reads(Survey& survey, uint32_t registers) {
  registers &= (1u << kNumbers) - 1;  // r10 has none
  survey.reads |= static_cast<uint16_t>(registers);
  while (registers != 0) {
    count(survey.uppers[__builtin_ctz(registers)]);
    registers &= registers - 1;
  }
}

// What the instruction does to registers, and the most bytes that it becomes, where each upper word is in memory. Of
// pairs: that both become.
uint32_t Generator::survey_instruction(Survey& survey) {
  const Form form = isa::form_of(insn_.opcode);
  const uint8_t group = isa::insn_class(insn_.opcode);
  const uint8_t op = isa::insn_op(insn_.opcode);
  const bool dead = facts_.upper_dead;
  const auto upper = [dead] { return dead ? 0 : kUpperBytes; };
  const uint32_t dst = 1u << insn_.dst();
  const uint32_t src = 1u << insn_.src();
  uint32_t reads = dst;
  uint32_t writes = dst;
  uint32_t bytes;
  bool follows_shift = false;
  switch (form) {
    case Form::load_wide:
      reads = 0;
      pc_++;
      if (!dead) note_constant(0);
      bytes = 16 + (insn_.src() == isa::kLddwImm && !dead ? kConstantBytes + 4 : upper());
      break;
    case Form::load:
      reads = src;
      if (!dead) note_constant(0);
      bytes = 4 + upper();
      if (is_far(insn_)) {
        survey.uses_lr = true;
        bytes += kFarBytes;
      }
      break;
    case Form::store_immediate:
    case Form::store_register: {
      writes = 0;
      const bool whole = isa::access_bytes(insn_.opcode) == 8;
      if (form == Form::store_immediate) {
        note_constant(static_cast<uint32_t>(insn_.imm));
        bytes = whole ? 20 : 12;
      } else {
        reads |= src;
        bytes = whole ? 12 : 4;
        if (whole && is_zero(facts_.src)) note_constant(0);
        if (whole && facts_.src == isa::Upper::in_register) note_upper_reads(survey, src);
      }
      if (is_far(insn_)) {
        survey.uses_lr = true;
        bytes += kFarBytes;
      }
      break;
    }
    case Form::alu_register:
    case Form::divide_register:
      reads |= src;
      [[fallthrough]];
    case Form::alu_immediate:
    case Form::divide_immediate:
    case Form::negate: {
      const bool by_imm = form == Form::alu_immediate || form == Form::divide_immediate;
      const bool far = by_imm && !is_small(insn_.imm);
      const bool divides = op == isa::kDiv || op == isa::kMod;
      if (form == Form::alu_immediate) {
        if (!dead || far) note_operand(op);
      } else if (form == Form::divide_immediate) {
        const auto value = static_cast<uint32_t>(insn_.imm);
        if (insn_.offset != 0 || (value & (value - 1)) != 0) note_constant(value);
        if (op == isa::kMod) survey.uses_lr = true;
      }
      if (group == isa::kAlu) {
        if (!dead && reads != dst) note_constant(0);
        bytes = form == Form::divide_immediate ? 16 : far ? 4 + kConstantBytes : 8;
        bytes += upper();
        break;
      }
      if (is_shift(op)) {
        follows_shift = form == Form::alu_immediate && shifts_up_for_next();
        if (form == Form::alu_immediate) {
          if (!dead && far) survey.uses_lr = true;
          bytes = dead ? 12 + (far ? kConstantBytes : 0) : 24 + (far ? kConstantBytes : 0);
        } else {
          if (!dead || op != isa::kLsh) survey.uses_lr = true;
          // A sign that is shifted down as a number is written out first, though nobody else may read it: it has a
          // place.
          if (op == isa::kRsh && is_sign(facts_.dst) && !is_zero(facts_.dst)) note_upper_reads(survey, dst);
          bytes = op == isa::kLsh ? (dead ? 8 : 52) : 80;
        }
      } else if (divides) {
        bytes = 64;
        if (!divides_words()) {
          survey.calls_routines = true;
          if (is_zero(facts_.dst) || right_is_zero()) note_constant(0);
        }
      } else {
        bytes = (dead ? 4 : op == isa::kMul ? 28 : 24) + (far ? kConstantBytes : 0);
        if (!dead && (form == Form::alu_register || (form == Form::alu_immediate && (op == isa::kMul || far)))) {
          survey.uses_lr = true;
        }
        if (dead) break;  // reads no upper word
      }
      // Where a word was to be shifted up before, the shift down reads no upper word; nor does what is left to the
      // next.
      const uint32_t uppers = isa::upper_reads(insn_, facts_);
      if (uppers != 0 && !shifted_up_ && !shifts_for_next() && !adds_for_next()) note_upper_reads(survey, uppers);
      break;
    }
    case Form::move_immediate:
      reads = 0;
      if (!dead && group == isa::kAlu) note_constant(0);
      bytes = (is_small(insn_.imm) ? 4 : kConstantBytes) + upper();
      break;
    case Form::move_register32:
      reads = src;
      if (!dead) note_constant(0);
      bytes = 4 + upper();
      break;
    case Form::move_register64:
      reads = src;
      bytes = 4 + upper();
      if (!dead && insn_.offset == 0 && facts_.src == isa::Upper::in_register) note_upper_reads(survey, src);
      break;
    case Form::byte_order:
      if (insn_.imm == 64) survey.uses_lr = true;
      note_upper_reads(survey, isa::upper_reads(insn_, facts_));
      bytes = 16 + upper();
      break;
    case Form::branch_register:
      reads |= src;
      [[fallthrough]];
    case Form::branch_immediate: {
      writes = 0;
      undecided_ = 0;
      bytes = 8;
      if (group == isa::kJmp && !compares_words()) {
        bytes = 28;
        survey.uses_lr = true;
      }
      if (form == Form::branch_immediate && !is_small(insn_.imm)) {
        bytes += kConstantBytes;
        const auto value = static_cast<uint32_t>(insn_.imm);
        uint32_t bits;
        if (!modified_immediate(value, bits) && !modified_immediate(0 - value, bits)) note_constant(value);
      }
      if (group == isa::kJmp) note_upper_reads(survey, isa::upper_reads(insn_, facts_));
      note_loop(jump_target(pc_, insn_));
      break;
    }
    case Form::jump:
    case Form::jump_wide:
      reads = writes = undecided_ = 0;
      bytes = 4;
      note_loop(jump_target(pc_, insn_));
      break;
    case Form::call:
      reads = undecided_ = 0;
      writes = 1;  // of those it writes the only one with a value
      survey.registers |= 0x3eu << 16;
      survey.calls = true;
      for (const isa::Upper arg : facts_.args) {
        if (arg == isa::Upper::zero) note_constant(0);
      }
      if (insn_.src() == isa::kCallLocal) {
        survey.calls_subprograms = true;
        note_upper_reads(survey, 0x3e);
      } else {
        note_upper_reads(survey, isa::upper_reads(insn_, facts_));
      }
      bytes = bytes_of_call(insn_, facts_);
      break;
    case Form::atomic: {
      const isa::RegisterUse use = isa::register_use(insn_);
      reads = use.reads;
      writes = use.writes;
      survey.calls_routines = true;
      note_upper_reads(survey, isa::upper_reads(insn_, facts_));
      bytes = 72;
      break;
    }
    default:  // exit
      reads = 1;
      writes = undecided_ = 0;
      note_upper_reads(survey, isa::upper_reads(insn_, facts_));
      bytes = 12;
  }
  shifted_up_ = follows_shift;
  // What is called reads registers, too, and behind a jump nothing is certain.
  if (undecided_ != 0) {
    const uint32_t undecided = undecided_ & ~reads;
    survey.passed = static_cast<uint8_t>(survey.passed & ~(undecided & writes));
    undecided_ = static_cast<uint16_t>(undecided & ~writes);
  }
  survey.registers |= reads | writes | writes << 16;
  if (!dead && writes != 0) count(survey.uppers[__builtin_ctz(writes)]);
  return bytes;
}

void Generator::survey() {
  Survey* survey = nullptr;
  uint32_t next_subprogram = 0;
  uint32_t next_first = 0;
  uint32_t halfwords = 0;
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  for (pc_ = 0; pc_ < instructions; pc_++) {
    if (pc_ == next_first) {
      if (next_subprogram != 0) choose_constants();
      subprogram_ = next_subprogram;
      survey = &surveys_[next_subprogram++];
      next_first =
          next_subprogram < program_.subprograms.size() ? program_.subprograms[next_subprogram].first : kNowhere;
      for (Candidate& candidate : candidates_) candidate = {};
      // A program has two arguments at most, and nobody reads what was never written.
      survey->passed = subprogram_ == 0 ? 0x6 : 0x3e;
      undecided_ = survey->passed;
      halfwords += kPrologueBytes / 2;
    }
    const uint32_t pc = pc_;
    offsets_[pc] = static_cast<uint16_t>(halfwords);
    const uint32_t position = facts_reader_.position();
    fetch(pc);
    if (kept_facts_ != nullptr) {
      uint32_t word;
      __builtin_memcpy(&word, &facts_, sizeof word);
      word |= static_cast<uint32_t>(facts_.alignment_log2) << kKeptAlignment;
      if (insn_.opcode == (isa::kJmp | isa::kCall)) word = position;
      kept_facts_[pc] = word | static_cast<uint32_t>(next_is_target_) << kKeptTarget;
    }
    halfwords += survey_instruction(*survey) / 2;
  }
  choose_constants();
  shifted_up_ = false;
  offsets_[instructions] = static_cast<uint16_t>(halfwords);
  bounds_known_ = halfwords < kMostHalfwords;
}

}  // namespace perdita::jit::thumb2
