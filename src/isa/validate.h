// SPDX-License-Identifier: Apache-2.0
//
// The structural rules of bytecode (RFC 9669), those that need no knowledge of values: opcodes, reserved fields,
// registers, jump targets, halves of 64-bit immediates, references in range, no way off the end. A subprogram reaches
// from its start (the entry, or where a call or a callback's handle leads) to the next one's: control passes from one
// to another by calls only. Loader, linker and engines all call this one routine. Freestanding; any context; linear in
// the program; needs no memory but 400 bytes of stack.
#pragma once

#include "isa/insn.h"
#include "isa/span.h"

namespace perdita::isa {

struct References {
  uint32_t maps = 0;       // lddw src=5/6: imm must be below
  uint32_t functions = 0;  // call src=2: imm must be below
};

struct Violation {
  uint32_t instruction = 0;
  const char* reason = nullptr;  // a sentence fragment: "jump out of the program"
};

// True where the program keeps the rules; otherwise `violation` names the first instruction that does not. That a
// helper's number exists is checked too; whether it may be called is not.
bool validate(Span<const Insn> code, const References& references, Violation& violation);

}  // namespace perdita::isa
