// SPDX-License-Identifier: Apache-2.0
//
// Which registers may be read before they are written again, at the start of each block. What is not live is forgotten
// where paths meet, so that states which differ only in it become one. Forgetting is always sound.
#pragma once

#include <vector>

#include "verifier/analysis.h"
#include "verifier/graph.h"

namespace perdita::verifier {

// Per block of the graph, a bit per register. Linear in code for graphs without loops, times loop depth otherwise.
std::vector<uint16_t> live_registers(const Subject& subject, const Graph& graph);

}  // namespace perdita::verifier
