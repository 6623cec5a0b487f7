// SPDX-License-Identifier: Apache-2.0
//
// The analysis proper: states flow through the graphs in their order, subprograms are followed per calling context.
// Loops are followed iteration by iteration at first, then summarised (loop_summary.h); where no summary is found,
// followed on until no state comes back to the head. Each state carries the most that its paths have cost, so the bound
// comes out at the exits. Ends within a budget of abstract instructions.
#pragma once

#include <set>
#include <vector>

#include "verifier/analysis.h"
#include "verifier/call_graph.h"
#include "verifier/graph.h"
#include "verifier/state_set.h"

namespace perdita::verifier {

constexpr uint64_t kMaxSteps = 1'000'000;
// Or so many for each instruction, where that is more: what has no loops is never too long.
constexpr uint64_t kStepsPerInstruction = 40;
// From then on states of the same shape are joined at a loop's head: what a long loop collects is rarely correlated
// with anything, while what counts its iterations is the same in all of them, and stays exact.
constexpr uint64_t kExactIterations = 64;

// Sees each state before the instruction it is about to run: the log, and tests.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void at(const State& state, uint32_t pc) = 0;
  // The analysis starts anew; what was seen before counts for nothing.
  virtual void begin() {}
  // Whether it is of use where the program is rejected.
  virtual bool of_rejected() const { return false; }
};

struct Flow {
  std::vector<Graph> graphs;                // per subprogram
  std::vector<std::vector<uint16_t>> live;  // per subprogram and block
};

struct LoopOptions {
  uint64_t exact_iterations = 16;    // of each loop, before it is summarised; more where they are few steps
  size_t states = kMaxStates;        // kept apart at each block
  uint64_t budget_share = 1;         // of the steps that there are, one in so many
  uint64_t most_steps = UINT64_MAX;  // and no more than these
  size_t tried_states = kFewStates;  // and while a summary is looked for
  bool linear = false;               // with facts about several numbers (linear.h)
};

struct FixpointResult {
  Cost worst;  // what any invocation costs at most, where nothing was reported
  // Per instruction: how often it is executed at most; where it begins a block, else 0. Flow bounds.
  std::vector<uint64_t> executions;
  uint64_t steps = 0;                 // that it took
  bool sought_summaries = false;      // of loops: with more exact iterations more may be known
  std::set<uint32_t> with_summaries;  // heads of the loops that were left by one
};

// `observer` may be null.
FixpointResult run_fixpoint(Analysis& analysis, const Flow& flow, const LoopOptions& options, Observer* observer);

}  // namespace perdita::verifier
