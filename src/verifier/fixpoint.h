// SPDX-License-Identifier: Apache-2.0
//
// The analysis proper: states flow through the graphs in their order, subprograms are followed per calling context,
// loops are unrolled, iteration by iteration, until no state comes back to the head. Each state carries the most that
// its paths have cost, so the bound comes out at the exits. Ends within kMaxSteps abstract instructions.
#pragma once

#include <vector>

#include "verifier/analysis.h"
#include "verifier/call_graph.h"
#include "verifier/graph.h"

namespace perdita::verifier {

constexpr uint64_t kMaxSteps = 1'000'000;
// From then on states of the same shape are joined at a loop's head: what a long loop collects is rarely correlated
// with anything, while what counts its iterations is the same in all of them, and stays exact.
constexpr uint64_t kExactIterations = 64;

// Sees each state before the instruction it is about to run: the log, and tests.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void at(const State& state, uint32_t pc) = 0;
};

struct Flow {
  std::vector<Graph> graphs;                // per subprogram
  std::vector<std::vector<uint16_t>> live;  // per subprogram and block
};

// What any invocation costs at most, where nothing was reported. `observer` may be null.
Cost run_fixpoint(Analysis& analysis, const Flow& flow, Observer* observer);

}  // namespace perdita::verifier
