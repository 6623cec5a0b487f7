// SPDX-License-Identifier: Apache-2.0
//
// What every generator needs of a program and of numbers, whatever the instruction set.
#pragma once

#include "jit/generate.h"

namespace perdita::jit {

// ---- parts of the workspace, in bytes ----
constexpr uint32_t aligned(size_t bytes) { return (static_cast<uint32_t>(bytes) + 3) & ~3u; }
// A bit per instruction, two bits per instruction, an offset per instruction and for the end.
constexpr uint32_t bit_bytes(size_t instructions) { return (static_cast<uint32_t>(instructions) + 7) / 8; }
constexpr uint32_t two_bit_bytes(size_t instructions) { return (static_cast<uint32_t>(instructions) + 3) / 4; }
inline uint32_t offsets_bytes(const Program& program) { return aligned((program.code.size() + 1) * sizeof(uint16_t)); }

// The subprogram that begins at an instruction where one does.
inline uint32_t find_subprogram(const Program& program, uint32_t first) {
  uint32_t index = 0;
  while (index + 1 < program.subprograms.size() && program.subprograms[index].first != first) index++;
  return index;
}

// Of arithmetic and jumps: whether of 64 bits. Such classes have odd numbers.
constexpr bool is_wide(uint8_t opcode) { return (opcode & 1) != 0; }
static_assert(is_wide(isa::kAlu64) && is_wide(isa::kJmp) && !is_wide(isa::kAlu) && !is_wide(isa::kJmp32));
constexpr bool is_shift(uint8_t op) { return op == isa::kLsh || op == isa::kRsh || op == isa::kArsh; }

// ---- numbers ----
constexpr bool power_of_two(uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }
constexpr unsigned log2_of(uint32_t value) { return static_cast<unsigned>(__builtin_ctz(value)); }

}  // namespace perdita::jit
