// SPDX-License-Identifier: Apache-2.0
//
// Pairs of instructions that cost less together, where nothing jumps between them. None of them makes code longer than
// the two alone, so the first pass's offsets stay an upper bound.
#include "isa/form.h"
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

using isa::Form;
using isa::Insn;
using isa::Upper;

namespace {

// Whether it changes its operand, in instructions that could take it from elsewhere.
bool takes_left(const Insn& insn) {
  switch (isa::form_of(insn.opcode)) {
    case Form::alu_register:
    case Form::divide_register:
      return insn.src() != insn.dst();
    case Form::alu_immediate:
    case Form::divide_immediate:
    case Form::negate:
    case Form::byte_order:
      return true;
    default:
      return false;
  }
}

bool is_shift_by_words(const Insn& insn, uint8_t op) {
  return insn.opcode == (isa::kAlu64 | op | isa::kK) && (insn.imm & 32) != 0;
}

}  // namespace

// "r2 = r10; r2 += -8" is one instruction of three operands. Of a move of a register.
bool Generator::moves_into_next() {
  const bool wide = isa::insn_class(insn_.opcode) == isa::kAlu64;
  if (insn_.offset != 0 || insn_.dst() == insn_.src()) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst() || !takes_left(*next)) return false;
  // An upper word that nobody was to read has not been there in the first pass.
  if (wide && facts_.upper_dead) {
    isa::Facts facts;
    facts_of_next(*next, facts);
    if ((isa::upper_reads(*next, facts) >> insn_.dst() & 1) != 0) return false;
  }
  left_ = insn_.src();
  left_fact_ = wide ? facts_.src : Upper::zero;
  return true;
}

// "r1 <<= 56; r1 s>>= 56" takes a part of the low word.
bool Generator::shifts_up_and_down() {
  if (!is_shift_by_words(insn_, isa::kLsh) || facts_.upper_dead) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst()) return false;
  const bool is_signed = is_shift_by_words(*next, isa::kArsh);
  if (!is_signed && !is_shift_by_words(*next, isa::kRsh)) return false;
  isa::Facts facts;
  facts_of_next(*next, facts);
  if (facts.dst != Upper::in_register) return false;
  copy(facts_, facts);
  const Reg d = low(insn_.dst());
  const unsigned up = static_cast<uint32_t>(insn_.imm) & 31;
  const unsigned down = static_cast<uint32_t>(next->imm) & 31;
  Reg from = left();
  if (up != 0) {
    code().shift(Op::sll, d, from, up);
    from = d;
  }
  if (down != 0) {
    code().shift(is_signed ? Op::sra : Op::srl, d, from, down);
  } else {
    code().move(d, from);
  }
  if (is_signed) {
    set_upper_by_sign(insn_.dst());
  } else {
    set_upper(insn_.dst(), 0);
  }
  done_ = true;
  return true;
}

// "r1 = *(u16 *)(r2 + 12); r1 = be16 r1" loads bytes in that order.
bool Generator::loads_in_network_order() const {
  const unsigned bytes = isa::access_bytes(insn_.opcode);
  if (bytes == 1 || isa::insn_mode(insn_.opcode) == isa::kMemSx || (bytes == 8 && facts_.upper_dead)) return false;
  const Insn* const next = next_of_pair();
  if (next == nullptr || next->dst() != insn_.dst() || isa::form_of(next->opcode) != Form::byte_order) return false;
  const bool swaps = isa::insn_class(next->opcode) == isa::kAlu64 || isa::uses_register(next->opcode);
  return swaps && next->imm == static_cast<int32_t>(8 * bytes);
}

}  // namespace perdita::jit::rv32
