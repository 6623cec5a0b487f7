// SPDX-License-Identifier: Apache-2.0
//
// Test only. Programs out of programs: instructions changed, swapped, deleted, repeated, taken over from another
// program; jumps and calls follow what they lead to. What comes out keeps the rules of structure more often than not;
// isa::validate says.
#pragma once

#include <optional>
#include <random>
#include <vector>

#include "isa/insn.h"

namespace perdita::verifier::testing {

using Code = std::vector<isa::Insn>;

// One instruction, whole, and where it leads by number of instruction rather than by distance.
struct Unit {
  isa::Insn insn{};
  isa::Insn second{};  // of a lddw
  int target = -1;     // jumps, calls of subprograms, handles of callbacks: index of a unit; -1: leads nowhere else

  bool wide() const { return insn.opcode == isa::kLddw; }
};

// A program as units, whose places can change. Targets that were no instruction's start become the last unit.
std::vector<Unit> units_of(const Code& code);
// Nothing where a distance does not fit.
std::optional<Code> code_of(const std::vector<Unit>& units);

// Without the units from `first` on, so many; what led to them leads behind them.
std::vector<Unit> without(std::vector<Unit> units, size_t first, size_t count);

class ProgramMutator {
 public:
  explicit ProgramMutator(std::mt19937_64& random) : random_(random) {}

  // A few changes of any kind. `other` is a program to take from.
  Code mutated(const Code& code, const Code& other);
  // The beginning of one and the end of the other.
  Code spliced(const Code& code, const Code& other);

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }
  void change(std::vector<Unit>& units);
  void change_operand(isa::Insn& insn);
  void change_operation(isa::Insn& insn);
  int32_t number(int32_t near);
  isa::Insn fresh();

  std::mt19937_64& random_;
};

}  // namespace perdita::verifier::testing
