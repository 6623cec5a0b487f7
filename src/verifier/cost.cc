// SPDX-License-Identifier: Apache-2.0
#include "verifier/cost.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

uint64_t saturated_sum(uint64_t a, uint64_t b) {
  uint64_t sum = a + b;
  return sum < a ? UINT64_MAX : sum;
}

size_t engine_count() { return std::min(isa::engine_costs().size(), kMaxEngines); }

}  // namespace

void Cost::add(const isa::Insn& insn) {
  instructions = saturated_sum(instructions, 1);
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) machine[i] = saturated_sum(machine[i], engines[i].instruction(insn));
}

void Cost::add_call(uint64_t machine_instructions) {
  for (size_t i = 0; i < engine_count(); i++) machine[i] = saturated_sum(machine[i], machine_instructions);
}

void Cost::add_invocation() {
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engine_count(); i++) machine[i] = saturated_sum(machine[i], engines[i].invocation);
}

void Cost::raise_to(const Cost& other) {
  instructions = std::max(instructions, other.instructions);
  for (size_t i = 0; i < kMaxEngines; i++) machine[i] = std::max(machine[i], other.machine[i]);
}

}  // namespace perdita::verifier
