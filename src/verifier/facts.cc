// SPDX-License-Identifier: Apache-2.0
#include "verifier/facts.h"

#include <algorithm>
#include <bit>

#include "isa/fact_writer.h"
#include "isa/form.h"
#include "verifier/alignment.h"

namespace perdita::verifier {
namespace {

using isa::Upper;

Upper common(Upper a, Upper b) { return static_cast<Upper>(static_cast<uint8_t>(a) & static_cast<uint8_t>(b)); }

// Sound for pointers and handles: on a 32-bit machine they are words, and nothing but pointers within 2^28 of their
// object exists, which does not wrap (design, section 6).
Upper upper_of(const RegValue& value) {
  if (value.is_pointer()) return Upper::zero;
  // Not readable, so not read here, or the program is rejected.
  if (!value.is_scalar()) return Upper::either;
  bool zero = value.value.wide.u.max <= UINT32_MAX;
  bool sign = value.value.wide.s.min >= INT32_MIN && value.value.wide.s.max <= INT32_MAX;
  return static_cast<Upper>((zero ? 1u : 0u) | (sign ? 2u : 0u));
}

// What may stand for an argument's upper half. A number narrower than 64 bits is converted to its type before anybody
// looks at it.
Upper upper_of_argument(const perdita_arg& arg, const RegValue& value) {
  bool cut = arg.kind == PERDITA_ARG_SCALAR && arg.width < 8;
  return cut ? Upper::either : upper_of(value);
}

bool is_zero(const RegValue& value, bool wide) {
  if (!value.is_scalar()) return false;
  return wide ? value.value.contains(0) : value.value.low.contains(0);
}

isa::ShiftCount count_between(uint32_t least, uint32_t most) {
  if (most < 32) return isa::ShiftCount::below_32;
  if (most >= 64) return isa::ShiftCount::unknown;
  return least >= 32 ? isa::ShiftCount::from_32 : isa::ShiftCount::below_64;
}

}  // namespace

FactCollector::FactCollector(const Subject& subject) : subject_(subject), fields_(subject.prog.code.size()) {
  for (size_t pc = 0; pc < fields_.size(); pc++) {
    const isa::Insn& insn = subject_.prog.code[pc];
    fields_[pc] = isa::fact_fields(insn);
    if (insn.opcode == isa::kLddw) pc++;
  }
}

void FactCollector::begin() {
  Gathered nothing_seen;
  isa::Facts& all = nothing_seen.facts;
  all.dst = all.src = Upper::either;
  all.divisor_not_zero = true;
  std::fill(std::begin(all.args), std::end(all.args), Upper::either);
  gathered_.assign(fields_.size(), nothing_seen);
  for (size_t pc = 0; pc < gathered_.size(); pc++) {
    if ((fields_[pc] & isa::kFactAlignment) == 0) continue;
    const unsigned bytes = isa::access_bytes(subject_.prog.code[pc].opcode);
    gathered_[pc].facts.alignment_log2 = static_cast<uint8_t>(std::countr_zero(bytes));
  }
}

void FactCollector::at(const State& state, uint32_t pc) {
  Gathered& at = gathered_[pc];
  at.visited = true;
  const isa::Insn& insn = subject_.prog.code[pc];
  const uint8_t fields = fields_[pc];
  if ((fields & ~isa::kFactUpperDead) == 0) return;
  if ((fields & isa::kFactArguments) != 0) {
    arguments(at, state, insn);
  } else {
    operands(at, state, insn, fields);
  }
}

void FactCollector::operands(Gathered& at, const State& state, const isa::Insn& insn, uint8_t fields) {
  const isa::Form form = isa::form_of(insn.opcode);
  if ((fields & isa::kFactDst) != 0) {
    bool is_r0 = form == isa::Form::exit || form == isa::Form::atomic;
    at.facts.dst = common(at.facts.dst, upper_of(state.regs[is_r0 ? 0 : insn.dst()]));
  }
  if ((fields & isa::kFactSrc) != 0) at.facts.src = common(at.facts.src, upper_of(state.regs[insn.src()]));
  if ((fields & isa::kFactCount) != 0) {
    const auto& low = state.regs[insn.src()].value.low;
    bool known = state.regs[insn.src()].is_scalar();
    at.least_count = std::min(at.least_count, known ? static_cast<uint32_t>(low.u.min) : 0);
    at.most_count = std::max(at.most_count, known ? static_cast<uint32_t>(low.u.max) : UINT32_MAX);
  }
  if ((fields & isa::kFactDivisor) != 0) {
    bool may_be_zero = is_zero(state.regs[insn.src()], isa::operand_bits(insn.opcode) == 64);
    at.facts.divisor_not_zero = at.facts.divisor_not_zero && !may_be_zero;
  }
  if ((fields & isa::kFactAlignment) != 0 && at.facts.alignment_log2 != 0) {
    const RegValue& pointer = state.regs[form == isa::Form::load ? insn.src() : insn.dst()];
    uint64_t alignment = alignment_of(subject_.hook, pointer, insn.offset);
    at.facts.alignment_log2 = std::min(at.facts.alignment_log2, static_cast<uint8_t>(std::countr_zero(alignment)));
  }
}

void FactCollector::arguments(Gathered& at, const State& state, const isa::Insn& insn) {
  const perdita_function* function = insn.src() == isa::kCallHelper ? isa::find_helper(static_cast<uint32_t>(insn.imm))
                                                                    : subject_.functions[static_cast<size_t>(insn.imm)];
  for (unsigned i = 0; function != nullptr && i < function->arg_count; i++) {
    const RegValue& value = state.regs[i + 1];
    // What cannot be read is not: a value that no format converts.
    if (!value.is_readable()) continue;
    at.arguments_read = static_cast<uint8_t>(at.arguments_read | 1u << i);
    at.facts.args[i] = common(at.facts.args[i], upper_of_argument(function->args[i], value));
  }
}

std::vector<uint8_t> FactCollector::take() {
  const std::vector<isa::Insn>& code = subject_.prog.code;
  std::vector<isa::Facts> facts(code.size());
  std::vector<bool> visited(code.size());
  for (size_t pc = 0; pc < code.size(); pc++) {
    visited[pc] = gathered_[pc].visited;
    if (!visited[pc]) continue;
    facts[pc] = gathered_[pc].facts;
    for (unsigned i = 0; i < isa::kFactArgs; i++) {
      bool read = (gathered_[pc].arguments_read >> i & 1) != 0;
      if (read && facts[pc].args[i] == Upper::either) facts[pc].args[i] = Upper::zero;
    }
    if ((fields_[pc] & isa::kFactCount) == 0) continue;
    facts[pc].count = count_between(gathered_[pc].least_count, gathered_[pc].most_count);
  }
  find_dead_uppers(subject_.prog, visited, facts);
  isa::FactWriter writer;
  for (size_t pc = 0; pc < code.size(); pc++) {
    writer.add(code[pc], facts[pc]);
    if (code[pc].opcode == isa::kLddw) pc++;
  }
  return writer.take();
}

}  // namespace perdita::verifier
