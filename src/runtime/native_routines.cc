// SPDX-License-Identifier: Apache-2.0
#include "isa/status.h"
#include "runtime/arithmetic.h"
#include "runtime/frames.h"
#include "runtime/native.h"

namespace perdita::runtime {
namespace {

void replace_low(NativeBlock* block, uint32_t value) { block->value = (block->value & ~uint64_t{UINT32_MAX}) | value; }

void atomic_operation(NativeBlock* block, const NativeTable* table, uint8_t size) {
  // As the instruction with r1 for its operand.
  const isa::Insn insn = {static_cast<uint8_t>(isa::kStx | isa::kAtomic | size), isa::make_regs(2, 1), 0,
                          block->operation};
  uint64_t registers[2] = {block->other, block->value};
  static_cast<void>(atomic(insn, registers, reinterpret_cast<void*>(static_cast<uintptr_t>(block->address)),
                           *table->invocation->port));
  block->value = block->operation == isa::kCmpxchg ? registers[0] : registers[1];
}

// r1 to r5, cleared word by word: the compiler would call a loop over bytes.
struct Arguments {
  Arguments(uint64_t first, uint64_t second) {
    of[0] = first;
    of[1] = second;
    for (unsigned i = 2; i < 5; i++) *static_cast<volatile uint64_t*>(&of[i]) = 0;
  }
  uint64_t of[5];
};

const void* code_of(uint64_t handle) { return reinterpret_cast<const void*>(static_cast<uintptr_t>(handle)); }

}  // namespace

extern "C" {

void perdita_native_udiv64(NativeBlock* block) { block->value = divide64(block->value, block->other, false); }
void perdita_native_umod64(NativeBlock* block) { block->value = modulo64(block->value, block->other, false); }
void perdita_native_sdiv64(NativeBlock* block) { block->value = divide64(block->value, block->other, true); }
void perdita_native_smod64(NativeBlock* block) { block->value = modulo64(block->value, block->other, true); }

void perdita_native_udiv32(NativeBlock* block) {
  replace_low(block, divide32(static_cast<uint32_t>(block->value), static_cast<uint32_t>(block->other), false));
}
void perdita_native_umod32(NativeBlock* block) {
  replace_low(block, modulo32(static_cast<uint32_t>(block->value), static_cast<uint32_t>(block->other), false));
}
void perdita_native_sdiv32(NativeBlock* block) {
  replace_low(block, divide32(static_cast<uint32_t>(block->value), static_cast<uint32_t>(block->other), true));
}
void perdita_native_smod32(NativeBlock* block) {
  replace_low(block, modulo32(static_cast<uint32_t>(block->value), static_cast<uint32_t>(block->other), true));
}
void perdita_native_mul64(NativeBlock* block) { block->value *= block->other; }

void perdita_native_atomic32(NativeBlock* block, const NativeTable* table) { atomic_operation(block, table, isa::kW); }
void perdita_native_atomic64(NativeBlock* block, const NativeTable* table) { atomic_operation(block, table, isa::kDw); }

// As frames.cc does it for the other engines.
uint64_t perdita_native_loop(void*, const uint64_t args[5], uint8_t* stack_top, const void* table) {
  if (args[3] != 0) return static_cast<uint64_t>(kErrorInvalid);
  const auto bound = static_cast<uint32_t>(args[0]);
  if (bound > isa::kMaxLoopIterations) return static_cast<uint64_t>(kErrorTooBig);
  uint32_t index = 0;
  uint64_t ends = 0;
  Arguments arguments(0, args[2]);
  while (index < bound && ends == 0) {
    arguments.of[0] = index;
    ends = perdita_native_enter(arguments.of, stack_top, table, code_of(args[1]));
    index++;
  }
  return index;
}

uint64_t perdita_native_for_each(void*, const uint64_t args[5], uint8_t* stack_top, const void* table) {
  if (args[3] != 0) return static_cast<uint64_t>(kErrorInvalid);
  const auto* map = static_cast<const Map*>(code_of(args[0]));
  uint32_t cursor = 0;
  uint32_t index = 0;
  uint64_t ends = 0;
  uint8_t* key = nullptr;
  uint8_t* value = nullptr;
  Arguments arguments(args[0], 0);
  arguments.of[3] = args[2];
  while (ends == 0 && map_walk(*map, cursor, key, value)) {
    // The key of an array is in no memory but this.
    const void* shown = key != nullptr ? static_cast<const void*>(key) : &index;
    arguments.of[1] = reinterpret_cast<uintptr_t>(shown);
    arguments.of[2] = reinterpret_cast<uintptr_t>(value);
    ends = perdita_native_enter(arguments.of, stack_top, table, code_of(args[1]));
    index++;
  }
  return index;
}

}  // extern "C"

}  // namespace perdita::runtime
