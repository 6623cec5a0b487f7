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

// Of a subprogram, or of a helper that calls it back.
struct CallSite {
  uint32_t instruction;
  uint32_t callee;  // index of the subprogram
  bool operator==(const CallSite&) const = default;
};

struct CallGraph {
  std::vector<std::vector<CallSite>> calls;  // per subprogram
  std::vector<uint32_t> callees_first;       // subprograms, each after all that it calls
};

// The index of the subprogram that starts at `instruction`; -1: none does.
int subprogram_at(const object::Prog& prog, int64_t instruction);

// The calls that instructions name, and `callbacks`: calls by helpers that the analysis has found, per subprogram (or
// none yet). False where the program recurses, or may have more than isa::kMaxFrames frames: reported.
bool build_call_graph(const object::Prog& prog, const std::vector<std::vector<CallSite>>& callbacks, Report& report,
                      CallGraph& graph);

void report_recursion(Report& report, const object::Prog& prog, uint32_t pc, uint32_t subprogram);
void report_call_depth(Report& report, uint32_t pc, uint32_t frames, const std::string& from);

// The largest sum of `own` over a chain of calls from the entry.
uint32_t deepest_chain(const CallGraph& graph, const std::vector<uint32_t>& own);

}  // namespace perdita::verifier
