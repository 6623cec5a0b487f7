// SPDX-License-Identifier: Apache-2.0
//
// Where the caller's buffer has room for the bound of the first pass, the second pass writes into it, and there is no
// third: what leads forward is put right when its target is known. The bytes are the same.
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

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

// Branches forward are the last instruction of what a jump became. Few instructions have one.
void Generator::patch_branches() {
  const Span<const isa::Subprogram> subprograms = program_.subprograms;
  const isa::Insn* const code = program_.code.data();
  const uint32_t bytes = two_bit_bytes(program_.code.size());
  uint32_t next_subprogram = 1;
  for (uint32_t i = 0; i < bytes; i++) {
    uint32_t choices = choices_[i];
    for (uint32_t pc = 4 * i; choices != 0; pc++, choices >>= 2) {
      if ((choices & 3) == 0) continue;
      insn_ = code[pc];
      pc_ = pc;
      next_is_target_ = is_target(pc + 1);
      uint32_t target = jump_target(pc, insn_);
      // Two that have changed targets.
      if (target <= pc) {
        target = jump_target(pc - 1, code[pc - 1]);
      } else if (target == pc + 2 && isa::insn_op(insn_.opcode) != isa::kJa && swaps_with_jump()) {
        target = jump_target(pc + 1, next());
      }
      uint32_t end = offsets_[pc + 1];
      while (next_subprogram < subprograms.size() && subprograms[next_subprogram].first <= pc) next_subprogram++;
      if (next_subprogram < subprograms.size() && subprograms[next_subprogram].first == pc + 1) {
        end = surveys_[next_subprogram].entry;  // before the prologue
      }
      patch_branch(static_cast<Branch>(choices & 3), 2 * end, target);
    }
  }
}

void Generator::patch_branch(Branch length, uint32_t end, uint32_t target) {
  const uint32_t at = end - (length == Branch::wide ? 4 : 2);
  const auto distance = static_cast<int32_t>(2 * offsets_[target] - (at + 4));
  const uint32_t first = out_.load(at);
  const uint32_t units = static_cast<uint32_t>(distance) >> 1;
  if (length == Branch::wide) {
    const bool always = (out_.load(at + 2) & 0x1000) != 0;
    return Encoder(out_.at(at)).branch_wide(always ? kAlways : static_cast<Condition>(first >> 6 & 0xf), distance);
  }
  if (length == Branch::zero) {
    if (distance > 126) failure_ = Failure::inconsistent;
    // To the next instruction it would be backward.
    return out_.store(at, distance < 0 ? 0xbf00u : first | (units & 0x20) << 4 | (units & 0x1f) << 3);
  }
  // The distance's bits are those of one that was not known.
  const uint32_t bits = first >> 12 == 0xd ? 0xff : 0x7ff;
  if (distance > static_cast<int32_t>(bits)) failure_ = Failure::inconsistent;
  out_.store(at, (first & ~bits) | (units & bits));
}

}  // namespace perdita::jit::thumb2
