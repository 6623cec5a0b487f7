// SPDX-License-Identifier: Apache-2.0
//
// Pairs of instructions that cost less together, where nothing jumps between them. None of them makes code longer than
// the two alone, so the first pass's offsets stay an upper bound.
#include "isa/form.h"
#include "jit/thumb2/arithmetic.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Form;
using isa::Insn;
using isa::Upper;

namespace {

bool is_shift(const Insn& insn) {
  const uint8_t op = isa::insn_op(insn.opcode);
  return op == isa::kLsh || op == isa::kRsh || op == isa::kArsh;
}

// By class, for calls and exits are no other.
bool jumps(uint8_t opcode) {
  return static_cast<uint32_t>(isa::insn_class(opcode)) - isa::kJmp <= isa::kJmp32 - isa::kJmp;
}

bool is_move(const Insn& insn) {
  const Form form = isa::form_of(insn.opcode);
  return (form == Form::move_register32 || form == Form::move_register64) && insn.offset == 0;
}

// Whether it changes its operand, in an instruction that could take it from elsewhere: 0 and 1 may be no instruction at
// all.
bool takes_left(const Insn& insn) {
  switch (isa::form_of(insn.opcode)) {
    case Form::alu_register:
      return insn.src() != insn.dst() || !is_shift(insn);
    case Form::alu_immediate:
      if (is_shift(insn)) return (insn.imm & static_cast<int32_t>(isa::operand_bits(insn.opcode) - 1)) != 0;
      return insn.imm != 0 && insn.imm != 1;
    case Form::negate:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Before the first pass: a pair has to be one in all of them. Behind the last instruction nothing is a pair either.
void Generator::mark_targets() {
  const Insn* const code = program_.code.begin();
  const Insn* const end = program_.code.end();
  auto target = static_cast<uint32_t>(program_.code.size());
  for (const Insn* insn = code;; insn++) {
    targets_[target / 8] = static_cast<uint8_t>(targets_[target / 8] | 1u << (target % 8));
    // The second half of a lddw looks like no jump.
    for (;; insn++) {
      if (insn == end) return;
      if (!jumps(insn->opcode)) continue;
      if (isa::insn_op(insn->opcode) != isa::kCall && isa::insn_op(insn->opcode) != isa::kExit) break;
    }
    target = jump_target(static_cast<uint32_t>(insn - code), *insn);
  }
}

isa::Facts Generator::facts_of_next(const Insn& next) const {
  isa::Facts facts;
  if (pass_ == Pass::direct && kept_facts_ != nullptr) {
    take_kept(kept_facts_[&next - program_.code.data()], facts);
    return facts;
  }
  isa::FactReader reader = facts_reader_;
  for (const Insn* insn = &this->next(); insn <= &next; insn++) reader.next(*insn, facts);
  return facts;
}

// Whether the instruction and the next, which writes the same register and which nothing else leads to, are one that
// the next makes. Where another subprogram begins the one before it has left.
bool Generator::leaves_to_next(Form form) {
  if (next_is_target_ != 0 || next().dst() != insn_.dst()) return false;
  switch (form) {
    case Form::alu_register:
      if (!adds_for_next()) return false;
      if (left_ == kNone) left_ = insn_.dst();
      index_ = insn_.src();
      break;
    case Form::alu_immediate:
      if (shifts_up_for_next()) {
        shifted_up_ = true;
      } else if (masks_for_next()) {
        lowest_bit_ = true;
        if (left_ == kNone) left_ = insn_.dst();
      } else if (shifts_for_next()) {
        shift_ = static_cast<uint8_t>(insn_.imm & 31);
        shift_kind_ = shift_of(isa::insn_op(insn_.opcode));
        // Of 64 bits, where the upper word is 0.
        if (shift_kind_ == Shift::asr && isa::operand_bits(insn_.opcode) == 64) shift_kind_ = Shift::lsr;
        if (left_ == kNone) left_ = insn_.dst();
      } else {
        return false;
      }
      break;
    default:  // moves
      if (!moves_into_next()) return false;
      left_ = insn_.src();
      left_fact_ = form == Form::move_register32 || left_ >= kNumbers ? Upper::zero : facts_.src;
  }
  paired_ = true;
  return true;
}

// "r2 = r10; r2 += -8" is one instruction of three operands.
bool Generator::moves_into_next() const {
  if (insn_.offset != 0 || insn_.dst() == insn_.src()) return false;
  const Insn* const next = &this->next();
  if (!takes_left(*next)) return false;
  if (isa::operand_bits(next->opcode) == 32 || !isa::uses_register(next->opcode) || !is_shift(*next)) return true;
  // Shifts by a register want their operand at home, but where one word is enough.
  return isa::insn_op(next->opcode) == isa::kLsh && facts_of_next(*next).upper_dead;
}

// "r2 <<= 32; r2 s>>= 32" extends a word: the second shift alone knows what to do.
bool Generator::shifts_up_for_next() const {
  if (insn_.opcode != (isa::kAlu64 | isa::kLsh) || (insn_.imm & 63) != 32 || next_is_target_ != 0) return false;
  const Insn* const next = &this->next();
  if (next->dst() != insn_.dst() || (next->imm & 32) == 0) return false;
  return next->opcode == (isa::kAlu64 | isa::kRsh) || next->opcode == (isa::kAlu64 | isa::kArsh);
}

// "w2 &= 1; w2 = -w2" spreads a bit.
bool Generator::masks_for_next() const {
  if (insn_.imm != 1 || isa::insn_op(insn_.opcode) != isa::kAnd) return false;
  const Insn* const next = &this->next();
  if (isa::form_of(next->opcode) != Form::negate) return false;
  return isa::operand_bits(next->opcode) == 32 || facts_of_next(*next).upper_dead;
}

// "r2 <<= 2; r2 += r1" is one instruction with a shifted operand.
bool Generator::shifts_for_next() const {
  if (next_is_target_ != 0 || by_register() || !is_shift(insn_)) return false;
  const bool wide = isa::operand_bits(insn_.opcode) == 64;
  const unsigned count = static_cast<uint32_t>(insn_.imm) & (wide ? 63 : 31);
  if (count == 0 || count > 31) return false;
  if (wide && isa::insn_op(insn_.opcode) != isa::kLsh && !is_zero(left_fact())) return false;
  const Insn* const next = &this->next();
  if (isa::form_of(next->opcode) != Form::alu_register) return false;
  if (next->dst() != insn_.dst() || next->src() == insn_.dst() || is_shift(*next)) return false;
  if (isa::insn_op(next->opcode) == isa::kMul) return false;
  return isa::operand_bits(next->opcode) == 32 || facts_of_next(*next).upper_dead;
}

// "r2 += r1; r2 = *(u8 *)(r2 + 0)" is a load with an index.
bool Generator::adds_for_next() const {
  if (insn_.opcode != (isa::kAlu64 | isa::kAdd | isa::kX) || next_is_target_ != 0) return false;
  if (shift_ != 0 && (shift_kind_ != Shift::lsl || shift_ > 3)) return false;
  const Insn* const next = &this->next();
  if (isa::form_of(next->opcode) != Form::load || next->offset != 0) return false;
  if (next->dst() != insn_.dst() || next->src() != insn_.dst() || insn_.src() == insn_.dst()) return false;
  return isa::access_bytes(next->opcode) != 8 || facts_of_next(*next).upper_dead;
}

// Whether the next instruction takes the upper word of this one's result, which is in r12, as its left operand, and
// then writes another one, or none that anybody reads: it need not go home.
bool Generator::next_takes_upper() const {
  const Insn& next = this->next();
  if (next_is_target_ != 0 || next.dst() != insn_.dst() || isa::insn_class(next.opcode) != isa::kAlu64) return false;
  const Form form = isa::form_of(next.opcode);
  if (form != Form::alu_immediate && form != Form::alu_register) return false;
  if (form == Form::alu_register && next.src() == owed_) return false;  // something would be added between
  const uint8_t op = isa::insn_op(next.opcode);
  const isa::Facts facts = facts_of_next(next);
  if (facts.dst != Upper::in_register) return false;
  if (op == isa::kAdd || op == isa::kSub) return true;
  if (form == Form::alu_immediate) return is_shift(next) && (next.imm & 63) != 0;
  return (op == isa::kXor || op == isa::kOr) && facts.src == Upper::in_register && next.src() < kNumbers;
}

// "r3 += -1; if r3 != 0 goto" needs no comparison, where the low word decides; nor with a move between.
bool Generator::next_asks_for_zero() const {
  if (next_is_target_ != 0) return false;
  const Insn* next = &this->next();
  if (is_move(*next)) {
    if (next->dst() == insn_.dst() || is_target(pc_ + 2)) return false;
    next++;
  }
  const uint8_t op = isa::insn_op(next->opcode);
  if (isa::form_of(next->opcode) != Form::branch_immediate || (op != isa::kJeq && op != isa::kJne)) return false;
  if (next->dst() != insn_.dst() || next->imm != 0) return false;
  if (isa::operand_bits(insn_.opcode) == 64 && wanted_) return false;
  if (isa::operand_bits(next->opcode) == 32) return true;
  return facts_of_next(*next).dst != isa::Upper::in_register;
}

// "if r3 == 0 goto out; goto start" at the end of a loop is better as "if r3 != 0 goto start; goto out", and "if r3 ==
// 0 goto +1; goto out" is one jump.
bool Generator::swaps_with_jump() const {
  const Insn* const next = &this->next();
  if (next_is_target_ != 0 || next->opcode != (isa::kJmp | isa::kJa)) return false;
  if (!by_register() && insn_.imm == -1) return false;  // may be no condition at all
  const uint32_t target = jump_target(pc_, insn_);
  if (target == pc_ + 2) return true;
  if (next->offset >= -1) return false;
  const uint32_t start = pc_ + 2 + static_cast<uint32_t>(next->offset);
  return target > pc_ || target < start;
}

}  // namespace perdita::jit::thumb2
