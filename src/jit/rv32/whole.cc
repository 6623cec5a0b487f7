// SPDX-License-Identifier: Apache-2.0
//
// What a board compiles instead of these files, as a whole program: a compiler that sees that most functions are called
// once, and with which arguments, makes a tenth less of them. Beside it survey.cc, for speed.
#include "jit/generate.h"

namespace perdita::jit {
[[gnu::externally_visible]] extern const Target rv32imc;
}

// NOLINTBEGIN(bugprone-suspicious-include)
#include "jit/rv32/arithmetic.cc"
#include "jit/rv32/constants.cc"
#include "jit/rv32/division.cc"
#include "jit/rv32/encode.cc"
#include "jit/rv32/flow.cc"
#include "jit/rv32/generator.cc"
#include "jit/rv32/memory.cc"
#include "jit/rv32/pairs.cc"
#include "jit/rv32/shifts.cc"
// NOLINTEND(bugprone-suspicious-include)
