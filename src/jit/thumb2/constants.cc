// SPDX-License-Identifier: Apache-2.0
//
// Constants. A constant that an instruction cannot hold takes one instruction or two to make, each time; where a loop
// does that, and the subprogram leaves registers over, the prologue makes it once. The first pass counts what loops
// use, by the jumps backward that it sees.
#include "isa/form.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

Reg Generator::constant(uint32_t value, Reg scratch) {
  for (uint32_t i = 0; i < held_count_; i++) {
    if (held_values_[i] == value) return held_[i];
  }
  if (scratch == kLr) in_lr_ = 0;
  code().move_immediate(scratch, value, Flags::keep);
  return scratch;
}

// Those that no loop has used yet make room.
void Generator::note_constant(uint32_t value) {
  Candidate* place = nullptr;
  for (Candidate& candidate : candidates_) {
    if (candidate.value == value) {
      candidate.last = pc_;
      return;
    }
    if (candidate.weight == 0 && (place == nullptr || candidate.last < place->last)) place = &candidate;
  }
  if (place != nullptr) *place = {value, pc_, 0};
}

void Generator::note_loop(uint32_t start) {
  if (start > pc_) return;
  for (Candidate& candidate : candidates_) {
    if (candidate.last < start) continue;
    uint32_t bits;
    const bool one = modified_immediate(candidate.value, bits) || modified_immediate(~candidate.value, bits);
    candidate.weight += one || candidate.value <= UINT16_MAX ? 1 : 2;
  }
}

void Generator::choose_constants() {
  for (unsigned i = 0; i < kConstantsOfOne && constant_count_ < kConstants; i++) {
    Candidate* best = candidates_;
    for (Candidate& candidate : candidates_) {
      if (candidate.weight > best->weight) best = &candidate;
    }
    if (best->weight == 0) return;
    constants_[constant_count_++] = {best->value, static_cast<uint16_t>(subprogram_)};
    best->weight = 0;
  }
}

void Generator::place_constants(uint32_t free) {
  held_count_ = 0;
  for (uint32_t i = 0; i < constant_count_; i++) {
    if (constants_[i].subprogram != subprogram_ || free == 0) continue;
    held_[held_count_] = static_cast<Reg>(__builtin_ctz(free));
    held_values_[held_count_++] = constants_[i].value;
    free &= free - 1;
  }
}

void Generator::settle() {
  if (owed_ == kNone) return;
  if (owed_offset_ != 0)
    operate(Op::add | (zero_of_ == kNone ? Flags::any : Flags::keep), low(owed_), low(owed_), owed_offset_, kScratch);
  owed_ = kNone;
}

// Whether the instruction can be made without the offset having been added: it adds it itself, or does not look.
bool Generator::bears_debt() {
  const isa::Form form = isa::form_of(insn_.opcode);
  const bool loads = form == isa::Form::load;
  if (loads || form == isa::Form::store_immediate || form == isa::Form::store_register) {
    const auto offset = insn_.offset + static_cast<int32_t>(owed_offset_);
    const bool base = (loads ? insn_.src() : insn_.dst()) == owed_;
    if (base && offset > kMostOwed) return false;
    if (form == isa::Form::store_register && insn_.src() == owed_) return false;
    if (base) insn_.offset = static_cast<int16_t>(offset);
    if (loads && insn_.dst() == owed_) owed_ = kNone;
    return true;
  }
  // Another place of the same map: what is in the register stays there.
  if (insn_.opcode == isa::kLddw && insn_.dst() == owed_ && insn_.src() == isa::kLddwMapValue &&
      insn_.imm == owed_map_) {
    return true;
  }
  const uint8_t group = isa::insn_class(insn_.opcode);
  if (form == isa::Form::atomic || group == isa::kJmp || group == isa::kJmp32) return false;
  const isa::RegisterUse use = isa::register_use(insn_);
  if ((use.reads >> owed_ & 1) != 0) return false;
  if ((use.writes >> owed_ & 1) != 0) owed_ = kNone;
  return true;
}

}  // namespace perdita::jit::thumb2
