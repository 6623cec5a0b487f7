// SPDX-License-Identifier: Apache-2.0
//
// Test only. One run of a bare program by the reference semantics (isa/reference.h), and the facts that hold for that
// very run (docs/spec/facts.md): the most a proof could say of it. Upper words that nobody reads come from the control
// flow alone. Code generated with such facts must give the same, on the same memory.
#pragma once

#include <random>

#include "emulate/program.h"
#include "isa/facts.h"

namespace perdita::emulate {

struct Trace {
  uint64_t result = 0;
  std::vector<uint8_t> memory;
  std::vector<isa::Facts> facts;   // by instruction
  std::vector<uint64_t> executed;  // how often, by instruction
};

// Runs `program`, which must end within `steps`. The only pointers are r1 at the start and r10; helpers: the echo's.
Trace trace(const Program& program, uint64_t steps = 1'000'000);

// The facts as a string; each is left out with a probability of `dropped` in 16, and what follows from it with it.
std::vector<uint8_t> fact_string(const std::vector<isa::Insn>& code, std::vector<isa::Facts> facts,
                                 std::mt19937_64& random, unsigned dropped);

}  // namespace perdita::emulate
