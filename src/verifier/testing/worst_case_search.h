// SPDX-License-Identifier: Apache-2.0
//
// Test only. How long a program can run, tried out on the concrete machine: random inputs, and changed copies of those
// that ran longest so far. What is found is a lower limit of the true worst case, as the proof's bound is an upper one.
#pragma once

#include <cstdint>
#include <string>

#include "object/module.h"
#include "platform/platform.h"

namespace perdita::verifier::testing {

struct Effort {
  uint64_t inputs = 1500;
  uint64_t instructions = 3000000;  // in all; the search ends behind the input that reaches it
};

struct WorstSeen {
  uint64_t instructions = 0;  // of the longest run
  uint64_t inputs = 0;        // tried
  std::string fault;          // the machine's, or that a run went beyond `bound`; empty: none
};

// Runs the module's program with that index. The same module, bound and effort give the same result.
WorstSeen search_worst_case(const object::Module& module, size_t prog, const platform::Platform& platform,
                            const perdita_hook& hook, uint64_t bound, const Effort& effort);

}  // namespace perdita::verifier::testing
