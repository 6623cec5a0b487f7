// SPDX-License-Identifier: Apache-2.0
//
// Machine code as text, by LLVM's disassembler (the program llvm-mc-19, or what PERDITA_LLVM_MC names); for Xtensa by
// binutils' (disassemble_xtensa.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diag/result.h"
#include "isa/span.h"

namespace perdita::cli {

struct MachineInstruction {
  uint32_t offset, bytes;
  std::string text;  // "movs r0, #0"; of what is no instruction ".word 0x00000001"
};

// For one of the targets that jit::targets() lists. Refused (disassembler) where the program is not there, or does not
// know the code.
Result<std::vector<MachineInstruction>> disassemble(const std::string& target, Bytes code);

// The refusal: which disassembler is needed, what came of it, and the way out.
Diagnostic not_shown(std::string need, std::string have, std::string hint);

}  // namespace perdita::cli
