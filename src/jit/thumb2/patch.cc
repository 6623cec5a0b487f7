// SPDX-License-Identifier: Apache-2.0
//
// Where the caller's buffer has room for the bound of the first pass, the second pass writes into it, and there is no
// third: what leads forward is put right when its target is known. The bytes are the same.
#include "isa/form.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Form;

// References to subprograms that stand behind are a chain through the code itself: where the next one is, in halfwords
// and 1, and for an address its register, otherwise kNone. The head is in place of the subprogram's entry.
void Generator::chain(uint32_t index, uint32_t at, Reg reg) {
  if (pass_ != Pass::direct || index <= subprogram_) return;
  out_.store(at, surveys_[index].entry);
  out_.store(at + 2, reg);
  surveys_[index].entry = static_cast<uint16_t>(at / 2 + 1);
}

void Generator::resolve(uint32_t link) {
  const uint32_t entry = out_.size();
  while (link != 0) {
    const uint32_t at = 2 * (link - 1);
    link = out_.load(at);
    const auto reg = static_cast<Reg>(out_.load(at + 2));
    Encoder encoder(out_.at(at));
    if (reg == kNone) {
      encoder.branch_link(static_cast<int32_t>(entry - at - 4));
    } else {
      encoder.move_whole(reg, entry + 1 - (at + 12));
    }
  }
}

// Branches forward are the last instruction of what a jump became.
void Generator::patch_branches() {
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  const isa::Insn* const code = program_.code.data();
  const Span<const isa::Subprogram> subprograms = program_.subprograms;
  uint32_t next_subprogram = 1;
  for (pc_ = 0; pc_ < instructions; pc_++) {
    const uint8_t opcode = code[pc_].opcode;
    if (opcode == isa::kLddw) pc_++;
    const uint8_t group = isa::insn_class(opcode);
    if (group != isa::kJmp && group != isa::kJmp32) continue;
    insn_ = code[pc_];
    const Form form = isa::form_of(opcode);
    const bool conditional = form == Form::branch_immediate || form == Form::branch_register;
    if (!conditional && form != Form::jump && form != Form::jump_wide) continue;
    if (conditional && swaps_with_jump()) {
      jump_instead_ = target();  // of the jump behind it; this one leads back
      continue;
    }
    const uint32_t target = this->target();
    jump_instead_ = kNowhere;
    if (target <= pc_) continue;
    uint32_t end = offsets_[pc_ + 1];
    while (next_subprogram < subprograms.size() && subprograms[next_subprogram].first <= pc_) next_subprogram++;
    if (next_subprogram < subprograms.size() && subprograms[next_subprogram].first == pc_ + 1) {
      end = surveys_[next_subprogram].entry;  // before the prologue
    }
    patch_branch(2 * end, target);
  }
}

void Generator::patch_branch(uint32_t end, uint32_t target) {
  const Branch length = choice(pc_);
  if (length == Branch::none) return;
  const uint32_t at = end - (length == Branch::wide ? 4 : 2);
  const auto distance = static_cast<int32_t>(2 * offsets_[target] - (at + 4));
  const uint32_t first = out_.load(at);
  Encoder encoder(out_.at(at));
  if (length == Branch::zero) {
    // To the next instruction it would be backward.
    if (distance < 0) return encoder.no_operation();
    if (distance > 126) failure_ = Failure::inconsistent;
    return encoder.branch_if_zero((first & 0x800) == 0, static_cast<Reg>(first & 7), distance);
  }
  if (length == Branch::narrow) {
    const auto condition = first >> 12 == 0xd ? static_cast<Condition>(first >> 8 & 0xf) : kAlways;
    if (distance > (condition == kAlways ? 2046 : 254)) failure_ = Failure::inconsistent;
    return encoder.branch_short(condition, distance);
  }
  const bool always = (out_.load(at + 2) & 0x1000) != 0;
  encoder.branch_wide(always ? kAlways : static_cast<Condition>(first >> 6 & 0xf), distance);
}

}  // namespace perdita::jit::thumb2
