// SPDX-License-Identifier: Apache-2.0
//
// What a board compiles instead of these files, as a whole program: a compiler that sees that most functions are called
// once, and with which arguments, makes a tenth less of them.
#include "jit/generate.h"

namespace perdita::jit {
[[gnu::externally_visible]] extern const Target armv7m;
}

// NOLINTBEGIN(bugprone-suspicious-include)
#include "jit/thumb2/arithmetic32.cc"
#include "jit/thumb2/arithmetic64.cc"
#include "jit/thumb2/constants.cc"
#include "jit/thumb2/encode.cc"
#include "jit/thumb2/flow.cc"
#include "jit/thumb2/generator.cc"
#include "jit/thumb2/memory.cc"
#include "jit/thumb2/pairs.cc"
#include "jit/thumb2/patch.cc"
#include "jit/thumb2/shift64.cc"
#include "jit/thumb2/survey.cc"
// NOLINTEND(bugprone-suspicious-include)
