// SPDX-License-Identifier: Apache-2.0
//
// Pairs of instructions that cost less together, where nothing jumps between them. None of them makes code longer than
// the two alone, so the first pass's offsets stay an upper bound.
#include "isa/form.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Form;
using isa::Insn;

namespace {

// Whether it changes its operand, in an instruction that could take it from elsewhere: 0 and 1 may be no instruction at
// all.
bool takes_left(const Insn& insn) {
  const uint8_t op = isa::insn_op(insn.opcode);
  const bool shifts = op == isa::kLsh || op == isa::kRsh || op == isa::kArsh;
  switch (isa::form_of(insn.opcode)) {
    case Form::alu_register:
      return insn.src() != insn.dst();
    case Form::alu_immediate:
      if (shifts) return (insn.imm & 31) != 0;
      return insn.imm != 0 && insn.imm != 1;
    case Form::negate:
      return true;
    default:
      return false;
  }
}

}  // namespace

// The next instruction, where nothing else leads to it.
const Insn* Generator::next_of_pair() const {
  if (pass_ == Pass::survey || pc_ + 1 >= program_.code.size() || is_target(pc_ + 1)) return nullptr;
  return &program_.code[pc_ + 1];
}

isa::Facts Generator::facts_of_next(const Insn& next) const {
  isa::FactReader reader = facts_reader_;
  return reader.next(next);
}

// "r2 = r10; r2 += -8" is one instruction of three operands. Only of low words.
bool Generator::moves_into_next() const {
  const Form form = isa::form_of(insn_.opcode);
  const bool wide = form == Form::move_register64;
  if ((form != Form::move_register32 && !wide) || insn_.offset != 0 || insn_.dst() == insn_.src()) return false;
  if (wide && upper_wanted(insn_.dst())) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst() || !takes_left(*next)) return false;
  if (isa::operand_bits(next->opcode) == 32) return true;
  // Shifts to the right need the upper word.
  const uint8_t op = isa::insn_op(next->opcode);
  return wide && op != isa::kRsh && op != isa::kArsh && facts_of_next(*next).upper_dead;
}

// "r3 += -1; if r3 != 0 goto" needs no comparison, where the low word decides.
bool Generator::next_asks_for_zero() const {
  if (isa::operand_bits(insn_.opcode) == 64 && upper_wanted(insn_.dst())) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst() || next->imm != 0) return false;
  const uint8_t op = isa::insn_op(next->opcode);
  if (isa::form_of(next->opcode) != Form::branch_immediate || (op != isa::kJeq && op != isa::kJne)) return false;
  return isa::operand_bits(next->opcode) == 32 || facts_of_next(*next).dst != isa::Upper::in_register;
}

// "if r3 == 0 goto out; goto start" at the end of a loop is better as "if r3 != 0 goto start; goto out".
bool Generator::swaps_with_jump() const {
  if (!by_register() && insn_.imm == -1) return false;  // may be no condition at all
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->opcode != (isa::kJmp | isa::kJa) || next->offset >= -1) return false;
  const uint32_t start = pc_ + 2 + static_cast<uint32_t>(next->offset);
  return target() > pc_ || target() < start;
}

}  // namespace perdita::jit::thumb2
