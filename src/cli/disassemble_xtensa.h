// SPDX-License-Identifier: Apache-2.0
//
// Machine code of Xtensa as text, by binutils' disassembler (the program xtensa-lx106-elf-objdump, or what
// PERDITA_XTENSA_OBJDUMP names): LLVM's knows no code density.
#pragma once

#include "cli/disassemble.h"

namespace perdita::cli {

// What src/jit/xtensa makes is not code alone: a pool of literals that its first instruction jumps over, and bytes that
// fill up to a multiple of 4 where one is needed. These come as ".word" and ".skip". Refused as disassemble() does.
Result<std::vector<MachineInstruction>> disassemble_xtensa(Bytes code);

}  // namespace perdita::cli
