// SPDX-License-Identifier: Apache-2.0
//
// The native engine: what machine code from src/jit needs of the runtime, which is the way in, the link table and the
// table of routines (docs/spec/calling.md); and what makes a package's programs ready to run so. Running: any level; a
// callback's iteration takes some 150 bytes of C stack, a division 100. Preparing: thread context; the generator takes
// 400 bytes of C stack.
#pragma once

#include "jit/generate.h"
#include "perdita/perdita.h"
#include "runtime/engine.h"
#include "runtime/memory.h"

namespace perdita::wire {
struct ImageView;
}

namespace perdita::runtime {

class Report;
struct Package;

// Of docs/spec/calling.md, and of what its routines cost: machine code runs only where it is the same.
constexpr uint32_t kNativeAbi = 1;

// What link table's first words are; thunks and maps stand behind them.
struct NativeTable {
  const Invocation* invocation;
  const void* const* routines;
};

// The most machine instructions that what code calls executes, from the call to the return; about a third more than the
// worst case counted, for other compilers (tests/board/native_cost_test.cc, which also finds that worst case):
// * a division of 64 bits goes bit by bit over the quotient (arithmetic.cc), at most 64 of them, with a constant beside
//   them; 64 there are only by a divisor of 1 or -1, and a bit that is 1 costs a little more than one that is 0; of
//   words likewise, at most 32, where the machine has no divider;
// * an atomic operation has no loop; of this the port's lock and unlock may take 100 each (docs/spec/cost.md);
// * `enter` is straight code around the program's.
// A change of these, of the calling convention, or of what a generator makes, is another kNativeAbi or version of it.
struct RoutineCosts {
  const char* target;
  uint32_t division;       // of 64 bits
  uint32_t word_division;  // 0: the code does it itself
  uint32_t atomic;
  uint32_t enter;
  // From one callback of a helper to the next, `enter` and the step to a map's next element included.
  uint32_t iteration;
  // Entering and leaving a program, with perdita_fire's part for it.
  uint32_t invocation;
};
constexpr RoutineCosts kRoutineCosts[] = {
    {"armv7m", 1400, 0, 400, 40, 120, 150},
    {"rv32imc", 1900, 0, 500, 40, 160, 200},
    {"xtensa", 1900, 300, 540, 40, 160, 250},
};

// Of a package whose programs are machine code: the link table with what stands behind its first words.
struct NativePart {
  Bytes code;  // of all programs, each at a multiple of 8
  NativeTable table;
};
// Words behind NativePart.
constexpr uint32_t native_words(uint32_t helpers, uint32_t functions, uint32_t maps) {
  return helpers + functions + 2 * maps;
}

// In the order of docs/spec/calling.md.
constexpr uint32_t kNativeRoutines = 13;
// NOLINTNEXTLINE(bugprone-dynamic-static-initializers): a constant
extern const void* const native_routines[kNativeRoutines];

// A routine's operands and result, on its caller's frame.
struct NativeBlock {
  uint64_t value;  // a, or the operand; then the result, or what was there before
  uint64_t other;  // b, or what compare-and-exchange expects
  uint32_t address;
  int32_t operation;
};
static_assert(sizeof(NativeBlock) == 24);

Outcome run_native(const Invocation& invocation);

// What installing needs to know of a package whose programs are to be machine code.
struct NativeDraft {
  Memory& memory;
  Owner owner;
  const perdita_port& port;
  const perdita_native& engine;
  const wire::ImageView& image;
  Package& package;  // linked, with its maps and programs; package.native has its room
  Report& report;
};

// Fills the link table, and gives each program its machine code: the image's, in place, or made of its bytecode in one
// block of the owner's memory. out_of_memory, too_large, bad_value (facts that do not fit); the draft is then given up.
Status prepare_native(const NativeDraft& draft);

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

// What a firmware links of the native engine, by naming one of these in its configuration.
struct perdita_native {
  const char* target;
  const perdita::jit::Target* generator;  // null: machine code comes in packages only
  perdita::runtime::Outcome (*run)(const perdita::runtime::Invocation& invocation);
  perdita::Status (*prepare)(const perdita::runtime::NativeDraft& draft);
  const void* const* routines;
};
