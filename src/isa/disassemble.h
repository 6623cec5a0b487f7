// SPDX-License-Identifier: Apache-2.0
//
// Instructions as text, kernel style ("r1 = *(u32 *)(r2 + 4)"). Host only. Assembling the text gives the same
// instructions back.
#pragma once

#include <string>

#include "isa/insn.h"
#include "isa/span.h"

namespace perdita::isa {

// One instruction; `next` is the second half where `insn` is a lddw, otherwise ignored (may be null).
std::string disassemble(const Insn& insn, const Insn* next);
// A whole program, a line per instruction: "  12: if r1 > 5 goto +3".
std::string disassemble(Span<const Insn> code);

}  // namespace perdita::isa
