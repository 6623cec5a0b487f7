// SPDX-License-Identifier: Apache-2.0
//
// The way into native code on RV32, and the shells of its routines (docs/spec/calling.md): they keep every register but
// t0, t1, t2 and ra. What the C convention (RISC-V ELF psABI) lets a function change beyond those is saved once, by
// what all shells jump into: a to t registers that hold BPF's r0 to r5.
#include "runtime/native.h"

namespace perdita::runtime {

namespace {

// t0 names the function. The block lies 72 above the caller's stack pointer, which this has moved by 64.
[[gnu::naked]] void around() {
  __asm__(
      "addi sp, sp, -64\n\t"
      "sw a0, 0(sp)\n\t"
      "sw a1, 4(sp)\n\t"
      "sw a2, 8(sp)\n\t"
      "sw a3, 12(sp)\n\t"
      "sw a4, 16(sp)\n\t"
      "sw a5, 20(sp)\n\t"
      "sw a6, 24(sp)\n\t"
      "sw a7, 28(sp)\n\t"
      "sw t3, 32(sp)\n\t"
      "sw t4, 36(sp)\n\t"
      "sw t5, 40(sp)\n\t"
      "sw t6, 44(sp)\n\t"
      "sw ra, 48(sp)\n\t"
      "addi a0, sp, 136\n\t"
      "mv a1, s9\n\t"
      "jalr t0\n\t"
      "lw a0, 0(sp)\n\t"
      "lw a1, 4(sp)\n\t"
      "lw a2, 8(sp)\n\t"
      "lw a3, 12(sp)\n\t"
      "lw a4, 16(sp)\n\t"
      "lw a5, 20(sp)\n\t"
      "lw a6, 24(sp)\n\t"
      "lw a7, 28(sp)\n\t"
      "lw t3, 32(sp)\n\t"
      "lw t4, 36(sp)\n\t"
      "lw t5, 40(sp)\n\t"
      "lw t6, 44(sp)\n\t"
      "lw ra, 48(sp)\n\t"
      "addi sp, sp, 64\n\t"
      "ret");
}

#define PERDITA_ROUTINE(name) \
  [[gnu::naked]] void name##_shell() { __asm__("la t0, " #name "\n\tj %0" ::"i"(around)); }

// Words where both upper ones are 0, whether numbers have signs or not: the result's upper word is 0 already. What is
// divided by 0 is 0, or the remainder: that the machine has right.
#define PERDITA_DIVISION(name, word, by_zero) \
  [[gnu::naked]] void name##_shell() {        \
    __asm__(                                  \
        "lw t0, 76(sp)\n\t"                   \
        "lw t1, 84(sp)\n\t"                   \
        "or t0, t0, t1\n\t"                   \
        "bnez t0, 1f\n\t"                     \
        "lw t0, 72(sp)\n\t"                   \
        "lw t1, 80(sp)\n\t" word              \
        " t0, t0, t1\n\t" by_zero             \
        "sw t0, 72(sp)\n\t"                   \
        "ret\n"                               \
        "1: la t0, " #name                    \
        "\n\tj %0" ::"i"(around));            \
  }
#define PERDITA_NO_QUOTIENT "bnez t1, 2f\n\tli t0, 0\n2: "

PERDITA_DIVISION(perdita_native_udiv64, "divu", PERDITA_NO_QUOTIENT)
PERDITA_DIVISION(perdita_native_umod64, "remu", "")
PERDITA_DIVISION(perdita_native_sdiv64, "divu", PERDITA_NO_QUOTIENT)
PERDITA_DIVISION(perdita_native_smod64, "remu", "")
PERDITA_ROUTINE(perdita_native_udiv32)
PERDITA_ROUTINE(perdita_native_umod32)
PERDITA_ROUTINE(perdita_native_sdiv32)
PERDITA_ROUTINE(perdita_native_smod32)
PERDITA_ROUTINE(perdita_native_mul64)
PERDITA_ROUTINE(perdita_native_atomic32)
PERDITA_ROUTINE(perdita_native_atomic64)

#undef PERDITA_NO_QUOTIENT
#undef PERDITA_DIVISION
#undef PERDITA_ROUTINE

}  // namespace

const void* const native_routines[kNativeRoutines] = {
    reinterpret_cast<const void*>(perdita_native_udiv64_shell),
    reinterpret_cast<const void*>(perdita_native_umod64_shell),
    reinterpret_cast<const void*>(perdita_native_sdiv64_shell),
    reinterpret_cast<const void*>(perdita_native_smod64_shell),
    reinterpret_cast<const void*>(perdita_native_udiv32_shell),
    reinterpret_cast<const void*>(perdita_native_umod32_shell),
    reinterpret_cast<const void*>(perdita_native_sdiv32_shell),
    reinterpret_cast<const void*>(perdita_native_smod32_shell),
    reinterpret_cast<const void*>(perdita_native_mul64_shell),
    reinterpret_cast<const void*>(perdita_native_atomic32_shell),
    reinterpret_cast<const void*>(perdita_native_atomic64_shell),
    reinterpret_cast<const void*>(perdita_native_loop),
    reinterpret_cast<const void*>(perdita_native_for_each),
};

// 11 registers of 4 bytes, and 4 that fill up. No `args` at the stack pointer: generated code has r1 to r5 whole.
extern "C" [[gnu::naked]] uint64_t perdita_native_enter(const uint64_t*, uint8_t*, const void*, const void*) {
  __asm__(
      "addi sp, sp, -48\n\t"
      "sw s0, 0(sp)\n\t"
      "sw s1, 4(sp)\n\t"
      "sw s2, 8(sp)\n\t"
      "sw s3, 12(sp)\n\t"
      "sw s4, 16(sp)\n\t"
      "sw s5, 20(sp)\n\t"
      "sw s6, 24(sp)\n\t"
      "sw s7, 28(sp)\n\t"
      "sw s8, 32(sp)\n\t"
      "sw s9, 36(sp)\n\t"
      "sw ra, 40(sp)\n\t"
      "mv s8, a1\n\t"
      "mv s9, a2\n\t"
      "mv t0, a3\n\t"
      "mv t1, a0\n\t"
      "lw a2, 0(t1)\n\t"
      "lw a7, 4(t1)\n\t"
      "lw a3, 8(t1)\n\t"
      "lw t3, 12(t1)\n\t"
      "lw a4, 16(t1)\n\t"
      "lw t4, 20(t1)\n\t"
      "lw a5, 24(t1)\n\t"
      "lw t5, 28(t1)\n\t"
      "lw a6, 32(t1)\n\t"
      "lw t6, 36(t1)\n\t"
      "jalr t0\n\t"
      "lw s0, 0(sp)\n\t"
      "lw s1, 4(sp)\n\t"
      "lw s2, 8(sp)\n\t"
      "lw s3, 12(sp)\n\t"
      "lw s4, 16(sp)\n\t"
      "lw s5, 20(sp)\n\t"
      "lw s6, 24(sp)\n\t"
      "lw s7, 28(sp)\n\t"
      "lw s8, 32(sp)\n\t"
      "lw s9, 36(sp)\n\t"
      "lw ra, 40(sp)\n\t"
      "addi sp, sp, 48\n\t"
      "ret");
}

}  // namespace perdita::runtime
