// SPDX-License-Identifier: Apache-2.0
//
// The first of two_passes.h: reads a program, and makes no code. For a generator's survey.cc, which makes one function
// of it and of the generator's own part.
#pragma once

#include "jit/two_passes.h"

namespace perdita::jit {

template <class Machine>
void TwoPasses<Machine>::note_reads(uint32_t registers) {
  survey_->reads |= static_cast<uint16_t>(registers);
  if (!Machine::kCountsUppers) return;
  for (; registers != 0; registers &= registers - 1) survey_->count(static_cast<unsigned>(__builtin_ctz(registers)));
}

template <class Machine>
[[gnu::always_inline]] inline void TwoPasses<Machine>::note() {
  using isa::Form;
  Survey& survey = *survey_;
  unsigned result = insn_.dst();
  // An instruction that has no src has 0 there.
  uint32_t named = 1u << result | 1u << insn_.src();
  bool writes = true;
  bool reads = false;  // upper words, perhaps
  switch (form_) {
    case Form::load_wide:
      named = 1u << result;
      if (insn_.src() == isa::kLddwFunction) survey.uses_return = true;
      break;
    case Form::store_immediate:
      writes = false;
      break;
    case Form::store_register:
      writes = false;
      reads = isa::access_bytes(insn_.opcode) == 8;
      break;
    case Form::atomic:
      survey.calls_routines = true;
      writes = (insn_.imm & isa::kFetch) != 0;
      if (writes) result = insn_.imm == isa::kCmpxchg ? 0 : insn_.src();
      named |= 1u << result;
      reads = true;
      break;
    case Form::divide_immediate:
    case Form::divide_register:
      if (machine().divides_by_routine()) survey.calls_routines = true;
      [[fallthrough]];
    case Form::byte_order:
      reads = true;
      break;
    case Form::alu_immediate:
    case Form::alu_register:
    case Form::negate:
    case Form::move_register64: {
      if (isa::insn_class(insn_.opcode) != isa::kAlu64) break;
      const uint8_t op = isa::insn_op(insn_.opcode);
      reads = !facts_.upper_dead || op == isa::kRsh || op == isa::kArsh;
      break;
    }
    case Form::jump:
    case Form::jump_wide:
    case Form::branch_immediate:
    case Form::branch_register: {
      const uint32_t to = target();
      targets_[to / 8] = static_cast<uint8_t>(targets_[to / 8] | 1u << (to % 8));
      if (to <= pc_) machine().note_loop(to);
      writes = false;
      reads = isa::insn_class(insn_.opcode) == isa::kJmp;
      break;
    }
    case Form::call:
      named = 1;
      result = 0;
      survey.calls = true;
      reads = true;
      if (insn_.src() == isa::kCallLocal) {
        survey.calls_subprograms = true;
        note_reads(0x3e);  // handed over as they are
        surveys_[subprogram_at(insn_.imm)].called = true;
      } else {
        survey.calls_out = true;
        if (insn_.src() == isa::kCallHelper && calls_back(insn_.imm)) survey.calls_subprograms = true;
      }
      break;
    case Form::exit:
      writes = false;
      reads = true;
      break;
    default:
      break;
  }
  if (reads) note_reads(isa::upper_reads(insn_, facts_));
  survey.named |= static_cast<uint16_t>(named);
  if (!writes) return;
  survey.writes |= static_cast<uint16_t>(1u << result);
  if (Machine::kCountsUppers && !facts_.upper_dead) survey.count(result);
}

template <class Machine>
void TwoPasses<Machine>::survey() {
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  uint32_t bytes = 0;
  uint32_t next_first = 0;
  survey_ = surveys_;
  for (pc_ = 0; pc_ < instructions; pc_++) {
    if (pc_ == next_first) {
      if (pc_ != 0) {
        machine().end_survey();
        subprogram_++;
        survey_++;
      }
      bytes += Machine::kPrologueEstimate;
      next_first = first_of(subprogram_ + 1);
    }
    offsets_[pc_] = in_halves(bytes);
    insn_ = insn_at(pc_);
    facts_reader_.next(insn_, facts_);
    if (kept_facts_ != nullptr) copy(kept_facts_[pc_], facts_);
    form_ = isa::form_of(insn_.opcode);
    bytes += machine().estimate();
    note();
    if (form_ == isa::Form::load_wide) pc_++;
  }
  machine().end_survey();
  offsets_[instructions] = in_halves(bytes);
}

}  // namespace perdita::jit
