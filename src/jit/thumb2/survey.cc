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

uint32_t access_bytes(const Insn& insn, uint32_t bytes) { return bytes + (is_far(insn) ? kFarBytes : 0); }

uint32_t bytes_of_alu64(const Insn& insn, Form form, uint8_t op, bool dead) {
  if (op == isa::kDiv || op == isa::kMod) return 64;
  if (is_shift(op) && form == Form::alu_register) return op == isa::kLsh ? (dead ? 8 : 52) : 80;
  const uint32_t imm = form == Form::alu_immediate && !is_small(insn.imm) ? kConstantBytes : 0;
  if (dead) return imm + (is_shift(op) ? 12 : 4);
  return imm + (op == isa::kMul ? 28 : 24);
}

uint32_t bytes_of_call(const Insn& insn, const Facts& facts) {
  if (insn.src() == isa::kCallLocal) return 52;
  uint32_t bytes = 16;
  for (const isa::Upper arg : facts.args) bytes += arg == isa::Upper::either ? 0 : 8;
  if (insn.src() != isa::kCallHelper) return bytes;
  if (insn.imm == isa::kHelperTailCall) return bytes + kTailCallBytes;
  const bool calls_back = insn.imm == isa::kHelperLoop || insn.imm == isa::kHelperForEachMapElem;
  return bytes + (calls_back ? kCallbackBytes : 0);
}

// The most that an instruction becomes, where each upper word is in memory. Of pairs: that both become.
uint32_t most_bytes(const Insn& insn, Form form, const Facts& facts, bool words) {
  const uint8_t op = isa::insn_op(insn.opcode);
  const bool wide = isa::operand_bits(insn.opcode) == 64;
  const uint32_t upper = facts.upper_dead ? 0 : kUpperBytes;
  switch (form) {
    case Form::load_wide:
      return 16 + (insn.src() == isa::kLddwImm && !facts.upper_dead ? kConstantBytes + 4 : upper);
    case Form::load:
      return access_bytes(insn, 4 + upper);
    case Form::store_immediate:
      return access_bytes(insn, isa::access_bytes(insn.opcode) == 8 ? 20 : 12);
    case Form::store_register:
      return access_bytes(insn, isa::access_bytes(insn.opcode) == 8 ? 12 : 4);
    case Form::atomic:
      return 72;
    case Form::alu_immediate:
    case Form::alu_register:
    case Form::divide_immediate:
    case Form::divide_register:
    case Form::negate:
      if (wide) return bytes_of_alu64(insn, form, op, facts.upper_dead);
      if (form == Form::divide_immediate) return 16 + upper;
      if (form == Form::alu_immediate && !is_small(insn.imm)) return 4 + kConstantBytes + upper;
      return 8 + upper;
    case Form::move_immediate:
      return (is_small(insn.imm) ? 4 : kConstantBytes) + upper;
    case Form::move_register32:
    case Form::move_register64:
      return 4 + upper;
    case Form::byte_order:
      return 16 + upper;
    case Form::jump:
    case Form::jump_wide:
      return 4;
    case Form::branch_immediate:
    case Form::branch_register: {
      const uint32_t imm = form == Form::branch_immediate && !is_small(insn.imm) ? kConstantBytes : 0;
      return imm + (words || !wide ? 8 : 28);
    }
    case Form::call:
      return bytes_of_call(insn, facts);
    default:
      return 12;
  }
}

// Whether something may be computed in lr. Generous, too: it costs a register saved.
bool may_use_lr(const Insn& insn, Form form, const Facts& facts, bool words) {
  const uint8_t op = isa::insn_op(insn.opcode);
  const bool wide = isa::operand_bits(insn.opcode) == 64;
  switch (form) {
    case Form::load:
    case Form::store_immediate:
    case Form::store_register:
      return is_far(insn);
    case Form::alu_immediate:
      return wide && !facts.upper_dead && (op == isa::kMul || !is_small(insn.imm));
    case Form::alu_register:
      return wide && (!facts.upper_dead || (is_shift(op) && op != isa::kLsh));
    case Form::divide_immediate:
      return op == isa::kMod;
    case Form::byte_order:
      return insn.imm == 64;
    case Form::branch_immediate:
    case Form::branch_register:
      return wide && !words;
    default:
      return false;
  }
}

}  // namespace

// Which constants the instruction makes in scratch registers, as far as that is easily told.
void Generator::note_constants(Form form) {
  const auto value = static_cast<uint32_t>(insn_.imm);
  const uint8_t op = isa::insn_op(insn_.opcode);
  uint32_t bits;
  switch (form) {
    case Form::store_immediate:
      return note_constant(value);
    case Form::store_register:
      if (isa::access_bytes(insn_.opcode) == 8 && is_zero(facts_.src)) note_constant(0);
      return;
    case Form::alu_immediate: {
      if (is_small(insn_.imm) && op != isa::kMul) return;
      const bool sum = op == isa::kAdd || op == isa::kSub;
      const uint32_t size = sum && insn_.imm < 0 ? 0 - value : value;
      if (op == isa::kMul ? (value & (value - 1)) == 0 : modified_immediate(size, bits)) return;
      if (is_shift(op) || (sum && size < 4096) || (op == isa::kAnd && modified_immediate(~value, bits))) return;
      return note_constant(size);
    }
    case Form::divide_immediate:
      if (insn_.offset != 0 || (value & (value - 1)) != 0) note_constant(value);
      return;
    case Form::branch_immediate:
      if (is_small(insn_.imm) || modified_immediate(value, bits) || modified_immediate(0 - value, bits)) return;
      return note_constant(value);
    case Form::call:
      for (const isa::Upper arg : facts_.args) {
        if (arg == isa::Upper::zero) note_constant(0);
      }
      return;
    default:
      // The upper words of results of 32 bits.
      if (!facts_.upper_dead && form >= Form::load_wide && form <= Form::move_register32 && form != Form::atomic &&
          isa::insn_class(insn_.opcode) != isa::kAlu64) {
        note_constant(0);
      }
  }
}

void Generator::note_upper_reads(Survey& survey, uint32_t registers) {
  survey.reads |= static_cast<uint16_t>(registers);
  for (unsigned reg = 0; registers != 0; reg++, registers >>= 1) {
    if ((registers & 1) != 0) count(survey.uppers[reg]);
  }
}

void Generator::note_registers(Survey& survey, Form form) {
  isa::RegisterUse use;
  if (form >= Form::alu_immediate && form <= Form::negate) {
    // Arithmetic, without asking the table.
    const uint32_t dst = 1u << insn_.dst();
    const bool moves = form >= Form::move_immediate && form <= Form::move_register64;
    use.writes = static_cast<uint16_t>(dst);
    use.reads = static_cast<uint16_t>((moves ? 0 : dst) | (by_register() ? 1u << insn_.src() : 0));
  } else {
    use = isa::register_use(insn_);
  }
  // What is called reads registers, too, and behind a jump nothing is certain.
  const uint8_t group = isa::insn_class(insn_.opcode);
  if (undecided_ != 0) {
    undecided_ = group == isa::kJmp || group == isa::kJmp32 ? 0 : static_cast<uint16_t>(undecided_ & ~use.reads);
    survey.passed = static_cast<uint8_t>(survey.passed & ~(undecided_ & use.writes));
    undecided_ = static_cast<uint16_t>(undecided_ & ~use.writes);
  }
  const uint32_t result = form == Form::call ? 1u : use.writes;
  survey.named |= static_cast<uint16_t>(use.reads | result);
  survey.writes |= use.writes;
  if (!facts_.upper_dead && result != 0) count(survey.uppers[__builtin_ctz(result)]);
}

// Most instructions do not, and that is told soon.
bool Generator::may_read_uppers() const {
  const uint8_t op = isa::insn_op(insn_.opcode);
  switch (isa::insn_class(insn_.opcode)) {
    case isa::kAlu64:
      return !facts_.upper_dead || op == isa::kRsh || op == isa::kArsh || op == isa::kDiv || op == isa::kMod ||
             op == isa::kEnd;
    case isa::kAlu:
      return op == isa::kEnd;
    case isa::kStx:
    case isa::kJmp:
      return true;
    default:
      return false;
  }
}

void Generator::survey() {
  facts_reader_ = isa::FactReader(program_.facts);
  pass_ = Pass::survey;
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  uint32_t halfwords = 0;
  bool shifted_up = false;
  uint32_t next_subprogram = 0;
  Survey* survey = surveys_;
  for (pc_ = 0; pc_ < instructions; pc_++) {
    if (next_subprogram < program_.subprograms.size() && program_.subprograms[next_subprogram].first == pc_) {
      if (next_subprogram != 0) choose_constants();
      subprogram_ = next_subprogram;
      survey = &surveys_[next_subprogram++];
      for (Candidate& candidate : candidates_) candidate = {};
      // A program has two arguments at most, and nobody reads what was never written.
      survey->passed = subprogram_ == 0 ? 0x6 : 0x3e;
      undecided_ = survey->passed;
      halfwords += kPrologueBytes / 2;
    }
    offsets_[pc_] = static_cast<uint16_t>(halfwords < kMostHalfwords ? halfwords : kMostHalfwords);
    insn_ = program_.code[pc_];
    facts_ = facts_reader_.next(insn_);
    const Form form = isa::form_of(insn_.opcode);
    note_registers(*survey, form);
    if (!facts_.upper_dead || form != Form::alu_immediate || !is_small(insn_.imm)) note_constants(form);
    // Where a word was to be shifted up before, the shift down reads no upper word; nor does what is left to the next.
    const uint16_t reads = may_read_uppers() ? isa::upper_reads(insn_, facts_) : uint16_t{0};
    if (reads != 0 && !shifted_up && !shifts_for_next() && !adds_for_next()) note_upper_reads(*survey, reads);
    shifted_up = form == Form::alu_immediate && shifts_up_for_next();
    const bool jumps = form == Form::branch_immediate || form == Form::branch_register;
    const bool words = jumps && compares_words();
    if (may_use_lr(insn_, form, facts_, words)) survey->uses_lr = true;
    switch (form) {
      case Form::jump:
      case Form::jump_wide:
      case Form::branch_immediate:
      case Form::branch_register:
        if (target() <= pc_) note_loop(target());
        break;
      case Form::call:
        survey->calls = true;
        if (insn_.src() == isa::kCallLocal) {
          survey->calls_subprograms = true;
          note_upper_reads(*survey, 0x3e);
        }
        break;
      case Form::atomic:
        survey->calls_routines = true;
        break;
      case Form::divide_immediate:
      case Form::divide_register:
        if (isa::operand_bits(insn_.opcode) != 64 || divides_words()) break;
        survey->calls_routines = true;
        if (is_zero(facts_.dst) || right_is_zero()) note_constant(0);
        break;
      default:
        break;
    }
    halfwords += most_bytes(insn_, form, facts_, words) / 2;
    if (form == Form::load_wide) pc_++;
  }
  choose_constants();
  offsets_[instructions] = static_cast<uint16_t>(halfwords < kMostHalfwords ? halfwords : kMostHalfwords);
  bounds_known_ = halfwords < kMostHalfwords;
}

}  // namespace perdita::jit::thumb2
