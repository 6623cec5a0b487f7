// SPDX-License-Identifier: Apache-2.0
//
// What one path through a program costs: executed instructions, and machine instructions for each row of
// isa::engine_costs(). Sums saturate, so a bound is never too small. A value type.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/cost.h"

namespace perdita::verifier {

constexpr size_t kMaxEngines = 8;  // rows of isa::engine_costs() that are counted; verify() refuses to run with more

struct Cost {
  uint64_t instructions = 0;
  std::array<uint64_t, kMaxEngines> machine{};

  // One execution of `insn` in a package with so many maps, without what a call costs itself.
  void add(const isa::Insn& insn, size_t maps);
  // What runs besides, all of it.
  void add(const Cost& other);
  // What a called helper or function costs, the same for each engine.
  void add_call(uint64_t machine_instructions);
  // Into the loop of a helper that calls back; from one iteration to the next goes the callback's exit.
  void add_loop();
  // To the next element of a map, whether it is in use or not.
  void add_walk_step();
  // `other`, so many times.
  void add_times(const Cost& other, uint64_t times);
  // Entering and leaving a program, but for what its stack costs.
  void add_invocation();
  // The BPF stack that is kept for the program.
  void add_stack(uint32_t stack_bytes);
  // The more expensive of two paths, each figure by itself.
  void raise_to(const Cost& other);
  // The lower of two bounds, each figure by itself.
  void lower_to(const Cost& other);

  bool operator==(const Cost&) const = default;
};

// What single instructions cost, in a package with so many maps, by all engines; remembered, as programs have few kinds
// of them.
class InstructionCosts {
 public:
  explicit InstructionCosts(size_t maps) : maps_(maps) {}

  // Those from `first` to `last`, the last one being no second half of a lddw.
  Cost of(const std::vector<isa::Insn>& code, uint32_t first, uint32_t last);

 private:
  static constexpr size_t kRows = 64;
  struct Row {
    uint32_t kind = 0;
    std::array<uint32_t, kMaxEngines> machine{};
  };
  const Row& row_of(const isa::Insn& insn);

  size_t maps_;
  std::array<Row, kRows> rows_;
};

uint64_t saturated_sum(uint64_t a, uint64_t b);
uint64_t saturated_product(uint64_t a, uint64_t b);
// What isa::kMaxTailCalls programs of at most so many instructions take.
uint64_t tail_bound(uint64_t declared_instructions);

}  // namespace perdita::verifier
