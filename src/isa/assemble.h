// SPDX-License-Identifier: Apache-2.0
//
// Text to instructions, host only. Reads kernel style ("r1 += 4", "if w1 s> 3 goto +2", "goto out", "out:") and the
// mnemonics of the conformance suites ("mov32 %r0, 1", "jeq %r1, 0xb, +2", "lock fetch_add [%r1], %r2", "call local
// label"). A line that holds neither is an error with its number.
#pragma once

#include <string_view>
#include <vector>

#include "diag/result.h"
#include "isa/insn.h"

namespace perdita::isa {

Result<std::vector<Insn>> assemble(std::string_view text);

}  // namespace perdita::isa
