// SPDX-License-Identifier: Apache-2.0
//
// The way into native code on ARMv7-M, and the shells of its routines (docs/spec/calling.md): they keep every register
// but r12, lr and the flags, which the procedure call standard (IHI 0042) lets a C function have.
#include "runtime/native.h"

namespace perdita::runtime {

namespace {

// The block lies 72 above the caller's stack pointer, which these have moved by 24; r4 keeps the stack 8-aligned.
#define PERDITA_ROUTINE(name)               \
  [[gnu::naked]] void name##_shell() {      \
    __asm__(                                \
        "push {r0, r1, r2, r3, r4, lr}\n\t" \
        "add r0, sp, #96\n\t"               \
        "mov r1, r11\n\t"                   \
        "bl " #name                         \
        "\n\t"                              \
        "pop {r0, r1, r2, r3, r4, pc}");    \
  }

PERDITA_ROUTINE(perdita_native_udiv64)
PERDITA_ROUTINE(perdita_native_umod64)
PERDITA_ROUTINE(perdita_native_sdiv64)
PERDITA_ROUTINE(perdita_native_smod64)
PERDITA_ROUTINE(perdita_native_udiv32)
PERDITA_ROUTINE(perdita_native_umod32)
PERDITA_ROUTINE(perdita_native_sdiv32)
PERDITA_ROUTINE(perdita_native_smod32)
PERDITA_ROUTINE(perdita_native_mul64)
PERDITA_ROUTINE(perdita_native_atomic32)
PERDITA_ROUTINE(perdita_native_atomic64)

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

}  // namespace perdita::runtime

constinit const perdita_native perdita_native_armv7m_shipped = {"armv7m", nullptr, perdita::runtime::run_native,
                                                                perdita::runtime::prepare_native,
                                                                perdita::runtime::native_routines};

namespace perdita::runtime {

// 36 bytes of registers and 44 of which 40 are `args`: 80, a multiple of 8.
extern "C" [[gnu::naked]] uint64_t perdita_native_enter(const uint64_t*, uint8_t*, const void*, const void*) {
  __asm__(
      "push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t"
      "sub sp, #44\n\t"
      "mov r10, r1\n\t"
      "mov r11, r2\n\t"
      "orr r12, r3, #1\n\t"
      "mov r6, sp\n\t"
      "ldmia r0!, {r1, r2, r3, r4, r5}\n\t"
      "stmia r6!, {r1, r2, r3, r4, r5}\n\t"
      "ldmia r0, {r1, r2, r3, r4, r5}\n\t"
      "stmia r6, {r1, r2, r3, r4, r5}\n\t"
      "ldr r1, [sp, #0]\n\t"
      "ldr r2, [sp, #8]\n\t"
      "ldr r3, [sp, #16]\n\t"
      "ldr r8, [sp, #24]\n\t"
      "ldr r9, [sp, #32]\n\t"
      "blx r12\n\t"
      "add sp, #44\n\t"
      "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}");
}

}  // namespace perdita::runtime
