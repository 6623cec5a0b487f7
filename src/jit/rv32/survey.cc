// SPDX-License-Identifier: Apache-2.0
//
// What the first pass finds out of an instruction beside what all machines ask: about how many bytes it becomes, and
// which constants it wants in a register. Of bytes a little too many is right: branches are chosen by them. Of
// constants those are kept that are worth most: what a loop asks for counts fourfold, at each level.
#include "jit/survey.h"

#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

using isa::Form;

namespace {

constexpr uint16_t kLoopFactor = 4;
constexpr uint16_t kMostWeight = UINT16_MAX / kLoopFactor;

uint32_t most_instructions(uint32_t value) {
  return fits12(static_cast<int32_t>(value)) || (value & 0xfff) == 0 ? 1 : 2;
}

}  // namespace

void Generator::note_constant(uint32_t value) {
  Constant* const candidates = candidates_;
  for (uint32_t i = 0; i < candidate_count_; i++) {
    if (candidates[i].value != value) continue;
    candidates[i].weight = static_cast<uint16_t>(candidates[i].weight + most_instructions(value));
    candidates[i].last = pc_;
    return;
  }
  uint32_t place = candidate_count_;
  if (place < kCandidates) {
    candidate_count_++;
  } else {
    place = 0;
    for (uint32_t i = 1; i < kCandidates; i++) {
      if (candidates[i].weight < candidates[place].weight) place = i;
    }
    if (candidates[place].weight > kLoopFactor) return;
  }
  candidates[place] = {value, pc_, static_cast<uint16_t>(most_instructions(value)), 0, kZero};
}

// A jump back to `start`: what was asked for since is asked for again.
void Generator::note_loop(uint32_t start) {
  Constant* const candidates = candidates_;
  for (uint32_t i = 0; i < candidate_count_; i++) {
    Constant& one = candidates[i];
    if (one.last >= start && one.weight < kMostWeight) one.weight = static_cast<uint16_t>(one.weight * kLoopFactor);
  }
}

void Generator::end_survey() {
  Constant* const candidates = candidates_;
  for (uint32_t i = 0; i < candidate_count_ && constant_count_ < kMostConstants; i++) {
    if (candidates[i].weight < kLoopFactor) continue;
    candidates[i].subprogram = static_cast<uint8_t>(subprogram_);
    constants_[constant_count_++] = candidates[i];
  }
  candidate_count_ = 0;
}

bool Generator::divides_by_routine() const {
  if (!is_wide(insn_.opcode)) return false;
  const bool words = is_zero(facts_.dst) && right_is_zero();
  const bool signs = insn_.offset == 1 && is_sign(facts_.dst) && right_is_sign();
  const bool fits = isa::insn_op(insn_.opcode) == isa::kMod || facts_.upper_dead || (!by_register() && insn_.imm != -1);
  const bool power =
      !by_register() && insn_.offset != 1 && insn_.imm > 0 && power_of_two(static_cast<uint32_t>(insn_.imm));
  return !words && !(signs && fits) && !power;
}

uint32_t Generator::estimate_of_arithmetic(bool wanted) {
  const uint8_t op = isa::insn_op(insn_.opcode);
  const bool wide = is_wide(insn_.opcode);
  const auto value = static_cast<uint32_t>(insn_.imm);
  uint32_t word = 4;
  if (!by_register() && !is_shift(op) && (!fits12(insn_.imm) || op == isa::kMul) && op != isa::kNeg) {
    const bool sum = op == isa::kAdd || op == isa::kSub;
    const bool whole = sum && wide && wanted;
    const bool easy = op == isa::kMul ? (value & (value - 1)) == 0 : sum && !whole && value + 4094 < 8189;
    if (!easy) note_constant(whole && insn_.imm < 0 ? 0 - value : op == isa::kSub && !whole ? 0 - value : value);
    word = 8;
  }
  if (!wide) return word + (wanted ? 2 : 0);
  if (is_shift(op)) return by_register() ? (wanted || op != isa::kLsh ? 40 : 14) : wanted || op != isa::kLsh ? 12 : 4;
  if (!wanted) return word;
  return op == isa::kMul ? 24 : word + 10;
}

uint32_t Generator::estimate_of_load(bool wanted) const {
  const uint32_t bytes = isa::access_bytes(insn_.opcode);
  const uint32_t alignment = 1u << facts_.alignment_log2;
  const uint32_t words = bytes == 8 && wanted ? 2 : 1;
  const uint32_t upper = wanted && bytes != 8 ? 2 : 0;
  if (alignment >= bytes || alignment >= 4) return 4 * words + upper;
  return (bytes == 2 ? 14 : alignment == 2 ? 14 : 36) * words + upper;
}

uint32_t Generator::estimate_of_store() {
  const uint32_t bytes = isa::access_bytes(insn_.opcode);
  const uint32_t alignment = 1u << facts_.alignment_log2;
  const uint32_t unit = alignment < bytes ? (alignment < 4 ? alignment : 4) : bytes < 4 ? bytes : 4;
  uint32_t constants = 0;
  if (form_ == Form::store_immediate) {
    const unsigned above = bytes < 4 ? 32 - 8 * bytes : 0;
    const auto value = static_cast<uint32_t>(insn_.imm << above >> above);
    const uint32_t sign = insn_.imm < 0 ? UINT32_MAX : 0;
    if (value != 0) {
      note_constant(value);
      constants = 4;
    }
    if (bytes == 8 && value != sign && sign != 0) {
      note_constant(sign);
      constants += 2;
    }
  }
  const uint32_t pieces = bytes / unit;
  return constants + (unit == 4 ? 4 : 8) * pieces - (unit == 4 ? 0 : 4);
}

uint32_t Generator::estimate_of_jump() {
  const uint8_t op = isa::insn_op(insn_.opcode);
  const bool wide = is_wide(insn_.opcode);
  const bool words = !wide || (is_zero(facts_.dst) && right_is_zero()) || (is_sign(facts_.dst) && right_is_sign());
  uint32_t constants = 0;
  if (!by_register() && insn_.imm != 0 && (op != isa::kJset || !fits12(insn_.imm))) {
    note_constant(static_cast<uint32_t>(insn_.imm));
    constants = 4;
    if (!words && insn_.imm < 0 && op != isa::kJset) note_constant(UINT32_MAX);
  }
  return constants + (words ? 4 : 16) + (op == isa::kJset ? 4 : 0);
}

[[gnu::always_inline]] inline uint32_t Generator::estimate() {
  const bool wanted = !facts_.upper_dead;
  const uint32_t upper = wanted ? 2 : 0;
  switch (form_) {
    case Form::load_wide: {
      if (insn_.src() == isa::kLddwImm) return 8 + (wanted ? 8 : 0);
      const int32_t next = insn_at(pc_ + 1).imm;
      if (insn_.src() != isa::kLddwMapValue || fits12(next)) return 8 + upper;
      note_constant(static_cast<uint32_t>(next));
      return 14 + upper;
    }
    case Form::load:
      return estimate_of_load(wanted);
    case Form::store_immediate:
    case Form::store_register:
      return estimate_of_store();
    case Form::atomic:
      note_constant(static_cast<uint32_t>(insn_.imm));
      return 40;
    case Form::alu_immediate:
    case Form::alu_register:
    case Form::negate:
      return estimate_of_arithmetic(wanted);
    case Form::divide_immediate: {
      const auto value = static_cast<uint32_t>(insn_.imm);
      if (insn_.offset != 0 || (value & (value - 1)) != 0) note_constant(value);
      [[fallthrough]];
    }
    case Form::divide_register:
      return is_wide(insn_.opcode) ? 40 : 10 + upper;
    case Form::move_immediate:
      return (fits12(insn_.imm) ? 2 : 8) + upper;
    case Form::move_register32:
    case Form::move_register64:
      return (insn_.offset != 0 ? 8 : 2) + upper;
    case Form::byte_order: {
      const bool swaps = isa::insn_class(insn_.opcode) == isa::kAlu64 || by_register();
      if (!swaps || insn_.imm == 16) return 18 + upper;
      note_constant(0x00ff00ff);
      return (insn_.imm == 64 ? 64 : 30) + upper;
    }
    case Form::jump:
    case Form::jump_wide:
      return 4;
    case Form::branch_immediate:
    case Form::branch_register:
      return estimate_of_jump();
    case Form::call: {
      if (insn_.src() == isa::kCallLocal) return 8;
      uint32_t bytes = 12;
      for (const isa::Upper fact : facts_.args) bytes += fact == isa::Upper::either ? 0 : 4;
      return bytes;
    }
    default:
      return 14;
  }
}

}  // namespace perdita::jit::rv32

namespace perdita::jit {
template void TwoPasses<rv32::Generator>::survey();
}
