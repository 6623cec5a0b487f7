// SPDX-License-Identifier: Apache-2.0
//
// Test only. The claim of the whole verifier, tried out: whatever an accepted program does on a concrete machine, each
// moment lies in one of the abstract states that the analysis had there, nothing faults, and the bounds hold.
#pragma once

#include <random>
#include <string>

#include "object/module.h"
#include "platform/platform.h"

namespace perdita::verifier::testing {

struct ContainmentResult {
  bool accepted = false;
  bool followed = true;       // not where the analysis has more states than can be compared
  uint64_t executions = 0;    // runs to the program's end
  uint64_t instructions = 0;  // moments compared
  double bound_to_worst_seen = 0;
  std::string failure;  // empty: contained
};

// Verifies the module's one program on its section's hook and, where it is accepted, runs it `runs` times.
ContainmentResult check_containment(const object::Module& module, const platform::Platform& platform, unsigned runs,
                                    std::mt19937_64& random);
// On the test platform.
ContainmentResult check_containment(const object::Module& module, unsigned runs, std::mt19937_64& random);

}  // namespace perdita::verifier::testing
