// SPDX-License-Identifier: Apache-2.0
#include "verifier/cost.h"

#include <algorithm>

#include "isa/helpers.h"

namespace perdita::verifier {
namespace {

// map_walk in the runtime, compiled for size: an element's address, and whether it is in use; about twice what it
// takes.
constexpr uint64_t kWalkStep = 100;

size_t engine_count() { return std::min(isa::engine_costs().size(), kMaxEngines); }

}  // namespace

uint64_t saturated_sum(uint64_t a, uint64_t b) {
  uint64_t sum = a + b;
  return sum < a ? UINT64_MAX : sum;
}

uint64_t saturated_product(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

uint64_t tail_bound(uint64_t declared_instructions) {
  return saturated_product(declared_instructions, isa::kMaxTailCalls);
}

void Cost::add(const isa::Insn& insn, size_t maps) {
  instructions = saturated_sum(instructions, 1);
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) {
    machine[i] = saturated_sum(machine[i], engines[i].instruction(insn, static_cast<uint32_t>(maps)));
  }
}

void Cost::add(const Cost& other) {
  instructions = saturated_sum(instructions, other.instructions);
  for (size_t i = 0; i < kMaxEngines; i++) machine[i] = saturated_sum(machine[i], other.machine[i]);
}

// By isa::EngineCost: what an instruction costs depends on its opcode and on whether it has an offset (moves that
// extend), and of calls on what is called.
const InstructionCosts::Row& InstructionCosts::row_of(const isa::Insn& insn) {
  const bool is_call = insn.opcode == (isa::kJmp | isa::kCall);
  const uint32_t kind = insn.opcode | (insn.offset != 0 ? 1u << 8 : 0u) | 1u << 9;
  Row& row = rows_[(insn.opcode ^ insn.opcode >> 5) % kRows];
  if (row.kind == kind) return row;
  row.kind = is_call ? 0 : kind;
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) {
    row.machine[i] = engines[i].instruction(insn, static_cast<uint32_t>(maps_));
  }
  return row;
}

Cost InstructionCosts::of(const std::vector<isa::Insn>& code, uint32_t first, uint32_t last) {
  Cost sum;
  for (uint32_t pc = first; pc <= last; pc++) {
    const Row& row = row_of(code[pc]);
    sum.instructions++;
    // Too few, and each too small, for the sums to wrap.
    for (size_t i = 0; i < kMaxEngines; i++) sum.machine[i] += row.machine[i];
    if (code[pc].opcode == isa::kLddw) pc++;
  }
  return sum;
}

void Cost::add_call(uint64_t machine_instructions) {
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) {
    machine[i] = saturated_sum(machine[i], isa::callee_cost(engines[i], machine_instructions));
  }
}

// The engine makes a frame for the callback as it does for a subprogram that is called.
void Cost::add_loop() {
  isa::Insn call{};
  call.opcode = isa::kJmp | isa::kCall;
  call.regs = isa::make_regs(0, isa::kCallLocal);
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) machine[i] = saturated_sum(machine[i], engines[i].instruction(call, 0));
}

void Cost::add_walk_step() { add_call(kWalkStep); }

void Cost::add_times(const Cost& other, uint64_t times) {
  instructions = saturated_sum(instructions, saturated_product(other.instructions, times));
  for (size_t i = 0; i < engine_count(); i++) {
    machine[i] = saturated_sum(machine[i], saturated_product(other.machine[i], times));
  }
}

void Cost::add_invocation() {
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) machine[i] = saturated_sum(machine[i], engines[i].invocation);
}

void Cost::add_stack(uint32_t stack_bytes) {
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) {
    machine[i] = saturated_sum(machine[i], uint64_t{engines[i].invocation_per_stack} * stack_bytes);
  }
}

void Cost::raise_to(const Cost& other) {
  instructions = std::max(instructions, other.instructions);
  for (size_t i = 0; i < kMaxEngines; i++) machine[i] = std::max(machine[i], other.machine[i]);
}

void Cost::lower_to(const Cost& other) {
  instructions = std::min(instructions, other.instructions);
  for (size_t i = 0; i < kMaxEngines; i++) machine[i] = std::min(machine[i], other.machine[i]);
}

}  // namespace perdita::verifier
