// SPDX-License-Identifier: Apache-2.0
//
// Test only. Random bare programs for engines and code generators: every instruction of RFC 9669 in every form,
// registers at random, values at the edges, forward jumps, loops, calls of a subprogram and of the echo. They end,
// touch only their memory (kRandomMemoryBytes) and stack, and let no address out.
#pragma once

#include <random>

#include "emulate/program.h"

namespace perdita::emulate {

constexpr size_t kRandomMemoryBytes = 64;

Program random_program(std::mt19937_64& random, unsigned statements);

}  // namespace perdita::emulate
