// SPDX-License-Identifier: Apache-2.0
//
// Test only. The claim of the whole verifier, tried out: whatever an accepted program does on a concrete machine, each
// moment lies in one of the abstract states that the analysis had there, nothing faults, and the bounds hold.
#pragma once

#include <random>
#include <string>

#include "object/module.h"
#include "platform/platform.h"
#include "verifier/proof.h"
#include "verifier/testing/collected_states.h"

namespace perdita::verifier::testing {

// A module's one program, verified once on its section's hook and run as often as one likes. Refers to its arguments.
class Containment {
 public:
  Containment(const object::Module& module, const platform::Platform& platform);

  bool accepted() const { return verdict_.accepted; }
  // Accepted, and with so few states that each moment of a run can be looked up.
  bool followed() const { return accepted() && states_.complete(); }
  const ProgVerdict& proof() const { return verdict_.progs[0]; }

  // One run to the program's end: what went wrong, or nothing. Only where followed(). What `random` yields decides
  // about all inputs.
  std::string run(std::mt19937_64& random);

  // What was wrong with the verdict itself, or nothing.
  std::string flaw() const;

  uint64_t instructions() const { return instructions_; }  // moments compared
  uint64_t worst_seen() const { return worst_seen_; }      // instructions of the longest run

 private:
  const object::Module& module_;
  const platform::Platform& platform_;
  Verdict verdict_;
  CollectedStates states_;
  uint64_t instructions_ = 0, worst_seen_ = 0;
};

struct ContainmentResult {
  bool accepted = false;
  bool followed = true;       // not where the analysis has more states than can be compared
  uint64_t executions = 0;    // runs to the program's end
  uint64_t instructions = 0;  // moments compared
  std::string failure;        // empty: contained
};

// Verifies the module's one program and, where it is accepted, runs it `runs` times; fewer, but a few, where it is
// long.
ContainmentResult check_containment(const object::Module& module, const platform::Platform& platform, unsigned runs,
                                    std::mt19937_64& random);
// The same on the test platform.
ContainmentResult check_containment(const object::Module& module, unsigned runs, std::mt19937_64& random);
// By the states of collect_linear_states(), of a program that is accepted anyhow.
ContainmentResult check_linear_containment(const object::Module& module, unsigned runs, std::mt19937_64& random);

}  // namespace perdita::verifier::testing
