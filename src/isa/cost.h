// SPDX-License-Identifier: Apache-2.0
//
// What one BPF instruction costs at most in machine instructions, by engine and target: the cost table that turns a
// bound on BPF instructions into a bound on machine instructions (docs/spec/cost.md). A test on the emulated board
// measures each class of instruction against it.
#pragma once

#include "isa/insn.h"
#include "isa/span.h"

namespace perdita::isa {

struct EngineCost {
  const char* engine;  // "armv7m/interpreter", as in a claim
  // What helpers and functions take on this target, of what their contracts say in machine instructions of armv7m.
  uint32_t callee_percent;
  uint32_t invocation;            // entering and leaving a program
  uint32_t invocation_per_stack;  // and this for each byte of BPF stack that is kept for it
  // Worst case of one execution, without what a called helper or function costs itself, in a package with so many maps.
  uint32_t (*instruction)(const Insn& insn, uint32_t maps);
};

Span<const EngineCost> engine_costs();

// What a call takes there whose contract says so many machine instructions, rounded up, saturated; and on a target
// ("armv7m") in any engine: one without rows takes what the contract says.
uint64_t callee_cost(const EngineCost& engine, uint64_t contract);
uint64_t callee_cost(const char* target, uint64_t contract);

}  // namespace perdita::isa
