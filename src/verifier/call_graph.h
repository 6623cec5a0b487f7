// SPDX-License-Identifier: Apache-2.0
//
// Which subprogram calls which, from the code alone: recursion is refused, the chain of frames is limited, and stack
// adds up along it.
#pragma once

#include <cstdint>
#include <vector>

#include "object/module.h"
#include "verifier/report.h"

namespace perdita::verifier {

struct CallSite {
  uint32_t instruction;
  uint32_t callee;  // index of the subprogram
};

struct CallGraph {
  std::vector<std::vector<CallSite>> calls;  // per subprogram
  std::vector<uint32_t> callees_first;       // subprograms, each after all that it calls
};

// The index of the subprogram that starts at `instruction`; -1: none does.
int subprogram_at(const object::Prog& prog, int64_t instruction);

// False where the program recurses, or may have more than isa::kMaxFrames frames: reported.
bool build_call_graph(const object::Prog& prog, Report& report, CallGraph& graph);

// The largest sum of `own` over a chain of calls from the entry.
uint32_t deepest_chain(const CallGraph& graph, const std::vector<uint32_t>& own);

}  // namespace perdita::verifier
