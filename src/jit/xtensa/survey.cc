// SPDX-License-Identifier: Apache-2.0
//
// What the first pass finds out of an instruction beside what all machines ask: about how many bytes it becomes,
// whether it may want a0 as scratch, and how many literals. Of bytes a little too many is right: branches are chosen by
// them.
#include "jit/survey.h"

#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

using isa::Form;

namespace {

constexpr uint32_t kUpper = 4;  // to put an upper word home, from a constant or a sign

// Whether no literal is asked for.
bool is_easy(uint8_t op, uint32_t value) {
  if (op == isa::kAnd) return (value & (value + 1)) == 0;
  return op == isa::kAdd ? value + 32512 < 65024 : is_shift(op);
}

}  // namespace

// The number, or the next one, or what it is without its sign.
void Generator::note_literal(int32_t value) {
  if (value < -2047 || value > 2046) room_++;
}

bool Generator::divides_by_routine() const {
  const bool word = !is_wide(insn_.opcode) || (is_zero(facts_.dst) && insn_.imm > 0);
  return by_register() || insn_.offset != 0 || !word || !power_of_two(static_cast<uint32_t>(insn_.imm));
}

uint32_t Generator::estimate_of_arithmetic(bool wanted) {
  const uint8_t op = isa::insn_op(insn_.opcode);
  const bool shifts = is_shift(op);
  const uint32_t word = insn_.imm < -128 || insn_.imm > 127 || (shifts && by_register()) ? 6 : 3;
  if (!is_wide(insn_.opcode)) return word + (wanted ? kUpper : 0);
  if (op == isa::kMul && wanted) {
    survey_->uses_return = true;
    return 50;
  }
  if (shifts && by_register()) return wanted || op != isa::kLsh ? 24 : 14;
  if (!wanted && (op == isa::kLsh || !shifts)) return word;
  return shifts ? 12 : word + 12;
}

uint32_t Generator::estimate_of_load(bool wanted) const {
  const uint32_t bytes = isa::access_bytes(insn_.opcode);
  const uint32_t alignment = 1u << facts_.alignment_log2;
  const uint32_t words = bytes == 8 && wanted ? 2 : 1;
  const uint32_t upper = wanted ? kUpper : 0;
  if (words == 2 && alignment == 2) survey_->uses_return = true;
  if (bytes == 1 || (bytes == 2 && alignment >= 2) || alignment >= 4) return 3 * words + upper;
  if (bytes == 2) return 12 + upper;
  return (alignment == 2 ? 11 : 25) * words + upper;
}

uint32_t Generator::estimate_of_store() {
  const bool by_value = form_ == Form::store_immediate;
  const uint32_t bytes = isa::access_bytes(insn_.opcode);
  const uint32_t alignment = 1u << facts_.alignment_log2;
  const uint32_t unit = alignment < bytes ? alignment : bytes;
  if (!by_value) {
    if (insn_.src() == isa::kFrameRegister) survey_->uses_return = true;
    return bytes > 4 && unit >= 4 ? 8 : bytes / unit * 6 - 3;
  }
  if (unit >= 4) {
    note_literal(insn_.imm);
    return bytes == 8 ? 8 : 5;
  }
  // Halfwords of their own.
  if (unit == 2 && (insn_.imm < 0 || insn_.imm > 2047)) room_ += bytes == 2 ? 1 : 3;
  return bytes / unit * 5;
}

uint32_t Generator::estimate_of_jump() {
  if (insn_.dst() == isa::kFrameRegister || (by_register() && insn_.src() == isa::kFrameRegister)) {
    survey_->uses_return = true;
  }
  const bool constant = !by_register() && (insn_.imm < -1 || insn_.imm > 8);  // most that branches have
  if (!by_register()) note_literal(insn_.imm);
  const uint32_t word = constant ? 6 : 3;
  if (!is_wide(insn_.opcode) || (is_sign(facts_.dst) && (!by_register() || is_sign(facts_.src)))) {
    return word;
  }
  return word + (is_zero(facts_.dst) && (by_register() ? is_zero(facts_.src) : insn_.imm >= 0) ? 0 : 12);
}

[[gnu::always_inline]] inline uint32_t Generator::estimate() {
  const bool wanted = !facts_.upper_dead;
  const uint32_t upper = wanted ? kUpper : 0;
  switch (form_) {
    case Form::load_wide:
      if (insn_.src() == isa::kLddwFunction) {
        room_++;
        return 10 + upper;
      }
      if (insn_.src() != isa::kLddwImm) return 5 + upper;
      note_literal(insn_.imm);
      if (wanted) note_literal(insn_at(pc_ + 1).imm);
      return 3 + upper;
    case Form::load:
      return estimate_of_load(wanted);
    case Form::store_immediate:
    case Form::store_register:
      return estimate_of_store();
    case Form::atomic:
      return 40;
    case Form::alu_immediate:
      if (wanted || !is_easy(isa::insn_op(insn_.opcode), static_cast<uint32_t>(insn_.imm))) note_literal(insn_.imm);
      return estimate_of_arithmetic(wanted);
    case Form::alu_register:
    case Form::negate:
      return estimate_of_arithmetic(wanted);
    case Form::divide_immediate:
      note_literal(insn_.imm);
      [[fallthrough]];
    case Form::divide_register:
      return is_wide(insn_.opcode) ? 30 : 18 + upper;
    case Form::move_immediate:
      note_literal(insn_.imm);
      return 2 + upper;
    case Form::move_register32:
    case Form::move_register64:
      return (insn_.offset != 0 ? 6 : 2) + upper;
    case Form::byte_order:
      return (insn_.imm == 64 ? 27 : 13) + upper;
    case Form::jump:
    case Form::jump_wide:
      return 3;
    case Form::branch_immediate:
    case Form::branch_register:
      return estimate_of_jump();
    case Form::call: {
      if (insn_.src() == isa::kCallLocal) return 6;
      uint32_t bytes = 10;
      for (const isa::Upper fact : facts_.args) bytes += fact == isa::Upper::either ? 0 : 4;
      return bytes;
    }
    default:
      return 14;
  }
}

}  // namespace perdita::jit::xt

namespace perdita::jit {
template void TwoPasses<xt::Generator>::survey();
}
