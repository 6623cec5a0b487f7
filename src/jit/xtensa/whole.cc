// SPDX-License-Identifier: Apache-2.0
//
// What a board compiles instead of these files, as a whole program: a compiler that sees that most functions are called
// once, and with which arguments, makes a tenth less of them. Beside it survey.cc, for speed.
#include "jit/generate.h"

namespace perdita::jit {
[[gnu::externally_visible]] extern const Target xtensa;
}

// NOLINTBEGIN(bugprone-suspicious-include)
#include "jit/xtensa/arithmetic.cc"
#include "jit/xtensa/encode.cc"
#include "jit/xtensa/flow.cc"
#include "jit/xtensa/generator.cc"
#include "jit/xtensa/memory.cc"
#include "jit/xtensa/multiply.cc"
#include "jit/xtensa/pairs.cc"
#include "jit/xtensa/shift.cc"
// NOLINTEND(bugprone-suspicious-include)
