// SPDX-License-Identifier: Apache-2.0
//
// Test only. Facts tried out on two concrete machines that run side by side on the same inputs. One knows nothing of
// facts: whatever a fact says about an operand, a count, a divisor or an address must hold in it. The other is what a
// code generator may make of them: an operand that is an extension gets its upper half from the fact, and each upper
// half that is said to be dead is overwritten with noise right behind the instruction. Nothing may differ but dead
// halves: no lower half, no branch, no byte of memory, no result.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "isa/facts.h"
#include "object/module.h"
#include "platform/platform.h"
#include "verifier/proof.h"

namespace perdita::verifier::testing {

struct NoiseResult {
  bool accepted = false;
  uint64_t executions = 0;
  uint64_t instructions = 0;
  uint64_t noise = 0;       // upper halves overwritten
  uint64_t extensions = 0;  // operands whose upper half came from a fact
  uint64_t alignments = 0;  // addresses that a fact said something about
  std::string failure;      // empty: the facts hold
};

// By instruction; what a verdict carries, read.
std::vector<isa::Facts> read_facts(const object::Prog& prog, const std::vector<uint8_t>& bits);

// Runs the module's one program, of at most `limit` instructions, `runs` times with these facts.
NoiseResult run_with_facts(const object::Module& module, const platform::Platform& platform,
                           const std::vector<isa::Facts>& facts, uint64_t limit, unsigned runs,
                           std::mt19937_64& random);

// Its own facts, where it was accepted; verifies it first, or takes what verify() said.
NoiseResult check_facts(const object::Module& module, const platform::Platform& platform, unsigned runs,
                        std::mt19937_64& random);
NoiseResult check_facts(const object::Module& module, const platform::Platform& platform, const Verdict& verdict,
                        unsigned runs, std::mt19937_64& random);

}  // namespace perdita::verifier::testing
