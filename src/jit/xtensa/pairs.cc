// SPDX-License-Identifier: Apache-2.0
//
// Pairs of instructions that cost less together, where nothing jumps between them. None of them makes code longer than
// the two alone, so the first pass's lengths stay an upper bound.
#include "isa/form.h"
#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

using isa::Form;
using isa::Insn;

namespace {

// Whether it changes its operand, in an instruction that could take it from elsewhere: 0 and 1 may be no instruction at
// all.
bool takes_left(const Insn& insn) {
  switch (isa::form_of(insn.opcode)) {
    case Form::alu_register:
      return insn.src() != insn.dst();
    case Form::alu_immediate:
      if (is_shift(isa::insn_op(insn.opcode))) return (insn.imm & 31) != 0;
      return insn.imm != 0 && insn.imm != 1;
    case Form::negate:
      return true;
    default:
      return false;
  }
}

}  // namespace

// "r2 = r10; r2 += -8" is one instruction of three operands. Only of low words. Of a move.
bool Generator::moves_into_next() const {
  const bool wide = form_ == Form::move_register64;
  if (insn_.dst() == insn_.src()) return false;
  if (wide && upper_wanted(insn_.dst())) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst() || !takes_left(*next)) return false;
  const uint8_t op = isa::insn_op(next->opcode);
  // r10 is a14 and a number: only an addition takes it as it is.
  if (insn_.src() == isa::kFrameRegister && has_frame_ && (op != isa::kAdd || isa::uses_register(next->opcode))) {
    return false;
  }
  if (!is_wide(next->opcode)) return true;
  // Shifts to the right need the upper word.
  return wide && op != isa::kRsh && op != isa::kArsh && upper_dead(*next);
}

// "r3 <<= 2; r3 += r4" is ADDX4, where the low word is all that is wanted. Of a shift by a constant.
bool Generator::scales_into_next() {
  const unsigned width = isa::operand_bits(insn_.opcode);
  const uint32_t count = static_cast<uint32_t>(insn_.imm) & (width - 1);
  if (count < 1 || count > 3) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst() || next->src() == insn_.dst()) return false;
  if (next->opcode == (isa::kAlu64 | isa::kAdd | isa::kX)) {
    if (!upper_dead(*next)) return false;
  } else if (next->opcode != (isa::kAlu | isa::kAdd | isa::kX)) {
    return false;
  }
  left_ = left();
  scaled_ = count == 1 ? Op::addx2 : count == 2 ? Op::addx4 : Op::addx8;
  return true;
}

// "r3 >>= 12; r3 &= 0xff" is EXTUI, where all bits that remain are of the low word. Likewise.
bool Generator::extracts_with_next() {
  const auto count = static_cast<uint32_t>(insn_.imm);
  const Insn* const next = next_of_pair();
  if (count < 1 || count > 31 || next == nullptr || next->dst() != insn_.dst()) return false;
  const auto mask = static_cast<uint32_t>(next->imm);
  const bool masks =
      next->opcode == (isa::kAlu64 | isa::kAnd | isa::kK) || next->opcode == (isa::kAlu | isa::kAnd | isa::kK);
  if (!masks || mask == 0 || mask > 0xffff || (mask & (mask + 1)) != 0) return false;
  if (count + static_cast<uint32_t>(__builtin_popcount(mask)) > 32) return false;
  left_ = left();
  extracted_ = static_cast<uint8_t>(count);
  return true;
}

}  // namespace perdita::jit::xt
