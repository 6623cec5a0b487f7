// SPDX-License-Identifier: Apache-2.0
//
// What the paths to a state have cost at most. Of loops that were summarised it is kept for a while how much one
// iteration costs and how far some numbers went: a loop around may know that all of its iterations together go no
// further than that, and so pay once for what they share (loop_costs.h).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "verifier/cost.h"

namespace perdita::verifier {

// How far a number went: V(high) - V(low) + fixed, exactly, and at least `step` for each unit of what was paid for.
struct Way {
  uint32_t high, low;
  int64_t fixed;
  int64_t step;                  // 1 or more; 0 where nothing was paid for (LoopTotal::gone)
  int64_t high_most, low_least;  // what V(high) and V(low) are at most and at least
  bool operator==(const Way&) const = default;
};

// So many units were paid for at most: iterations, or what a number moved.
struct LoopCost {
  static constexpr size_t kMostWays = 4;

  Cost each;
  uint64_t most = 0;
  std::vector<Way> ways;  // each of them bounds the units
  bool operator==(const LoopCost&) const = default;
};

// base, and for each of `loops` its `each` for each unit.
class PathCost {
 public:
  PathCost() = default;
  explicit PathCost(Cost base) : base_(base) {}

  const Cost& base() const { return base_; }
  std::span<const LoopCost> loops() const { return loops_; }
  // However many units there were.
  Cost most() const;

  void add(const Cost& more) { base_.add(more); }
  void add_call(uint64_t machine_instructions) { base_.add_call(machine_instructions); }
  // What the sum of the two ways is at most, if anything is known.
  using MostOfBoth = std::function<std::optional<uint64_t>(const Way&, const Way&)>;
  // Puts it together with a loop before, where both together go no further than makes it less.
  void add(LoopCost loop, const MostOfBoth& most_of_both);
  // The more expensive of two paths, each figure by itself.
  void raise_to(const PathCost& other);
  // They mean other numbers from now on.
  void forget_ways_of(std::span<const uint32_t> ids);
  // What ways are about, appended.
  void collect_names(std::vector<uint32_t>& ids) const;
  bool names(uint32_t id) const;

 private:
  static constexpr size_t kMostLoops = 4;

  void fold(const LoopCost& loop) { base_.add_times(loop.each, loop.most); }

  Cost base_;
  std::vector<LoopCost> loops_;
};

}  // namespace perdita::verifier
