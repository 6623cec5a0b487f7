// SPDX-License-Identifier: Apache-2.0
//
// What machine code from src/jit needs of the runtime: the way in, and the table of routines (docs/spec/calling.md).
// Any level; a callback's iteration takes some 150 bytes of C stack, a division 100.
#pragma once

#include "perdita/port.h"
#include "runtime/engine.h"

namespace perdita::runtime {

// What link table's first words are; thunks and maps stand behind them.
struct NativeTable {
  const Invocation* invocation;
  const void* const* routines;
};

// The most machine instructions that a routine executes: a division of 64 bits, an atomic operation with its lock, from
// the call to the return; and `enter` around the code. On armv7m, if not said otherwise. xtensa divides words by
// a routine, too. tests/board/native_test.cc counts.
constexpr uint32_t kDivisionMost = 1400;
constexpr uint32_t kAtomicMost = 220;
constexpr uint32_t kEnterMost = 40;
namespace rv32imc {
constexpr uint32_t kDivisionMost = 1500;
constexpr uint32_t kAtomicMost = 300;
constexpr uint32_t kEnterMost = 40;
}  // namespace rv32imc
namespace xtensa {
constexpr uint32_t kDivisionMost = 1500;
constexpr uint32_t kWordDivisionMost = 240;
constexpr uint32_t kAtomicMost = 300;
constexpr uint32_t kEnterMost = 40;
}  // namespace xtensa

// In the order of docs/spec/calling.md.
constexpr uint32_t kNativeRoutines = 13;
extern const void* const native_routines[kNativeRoutines];

// A routine's operands and result, on its caller's frame.
struct NativeBlock {
  uint64_t value;  // a, or the operand; then the result, or what was there before
  uint64_t other;  // b, or what compare-and-exchange expects
  uint32_t address;
  int32_t operation;
};
static_assert(sizeof(NativeBlock) == 24);

extern "C" {

// The only way into native code, for programs and callbacks: gives what the code returns in r0.
uint64_t perdita_native_enter(const uint64_t args[5], uint8_t* stack_top, const void* link_table, const void* code);

// What stands behind the routines, in C++.
void perdita_native_udiv64(NativeBlock* block);
void perdita_native_umod64(NativeBlock* block);
void perdita_native_sdiv64(NativeBlock* block);
void perdita_native_smod64(NativeBlock* block);
void perdita_native_udiv32(NativeBlock* block);
void perdita_native_umod32(NativeBlock* block);
void perdita_native_sdiv32(NativeBlock* block);
void perdita_native_smod32(NativeBlock* block);
void perdita_native_mul64(NativeBlock* block);
void perdita_native_atomic32(NativeBlock* block, const NativeTable* table);
void perdita_native_atomic64(NativeBlock* block, const NativeTable* table);
uint64_t perdita_native_loop(void* invocation, const uint64_t args[5], uint8_t* stack_top, const void* table);
uint64_t perdita_native_for_each(void* invocation, const uint64_t args[5], uint8_t* stack_top, const void* table);

}  // extern "C"

}  // namespace perdita::runtime
