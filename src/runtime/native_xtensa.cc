// SPDX-License-Identifier: Apache-2.0
//
// The way into native code on Xtensa with the call0 ABI, and its routines (docs/spec/calling.md): they keep every
// register but a0, a8, a9 and SAR. The ABI (Xtensa ISA Reference Manual, 8.1) lets a C function have a2 to a7, a10 and
// a11 as well, so the shells of those in C++ save these. GCC has no naked functions here: this is assembly of its own.
#include "runtime/native.h"

// What a shell calls; the block lies 72 above the caller's stack pointer. `first` stands before it.
#define PERDITA_ROUTINE_AFTER(name, first)       \
  __asm__(".section .text." #name                \
          "_shell, \"ax\", @progbits\n\t"        \
          ".align 4\n" #name "_shell:\n\t" first \
          "addi a1, a1, -48\n\t"                 \
          "s32i a2, a1, 0\n\t"                   \
          "s32i a3, a1, 4\n\t"                   \
          "s32i a4, a1, 8\n\t"                   \
          "s32i a5, a1, 12\n\t"                  \
          "s32i a6, a1, 16\n\t"                  \
          "s32i a7, a1, 20\n\t"                  \
          "s32i a10, a1, 24\n\t"                 \
          "s32i a11, a1, 28\n\t"                 \
          "s32i a0, a1, 32\n\t"                  \
          "addi a2, a1, 120\n\t"                 \
          "mov a3, a15\n\t"                      \
          "call0 " #name                         \
          "\n\t"                                 \
          "l32i a2, a1, 0\n\t"                   \
          "l32i a3, a1, 4\n\t"                   \
          "l32i a4, a1, 8\n\t"                   \
          "l32i a5, a1, 12\n\t"                  \
          "l32i a6, a1, 16\n\t"                  \
          "l32i a7, a1, 20\n\t"                  \
          "l32i a10, a1, 24\n\t"                 \
          "l32i a11, a1, 28\n\t"                 \
          "l32i a0, a1, 32\n\t"                  \
          "addi a1, a1, 48\n\t"                  \
          "ret\n\t"                              \
          ".previous");                          \
  extern "C" void name##_shell()
#define PERDITA_ROUTINE(name) PERDITA_ROUTINE_AFTER(name, "")
// Words, where both upper words are 0; that of the result is, too.
#define PERDITA_ROUTINE_OR_WORDS(name, words) \
  PERDITA_ROUTINE_AFTER(name,                 \
                        "l32i a8, a1, 76\n\t" \
                        "l32i a9, a1, 84\n\t" \
                        "or a8, a8, a9\n\t"   \
                        "bnez a8, 1f\n\t"     \
                        "j " words            \
                        "\n"                  \
                        "1:\t")

PERDITA_ROUTINE_OR_WORDS(perdita_native_udiv64, "perdita_native_udiv32_words");
PERDITA_ROUTINE_OR_WORDS(perdita_native_umod64, "perdita_native_umod32_words");
PERDITA_ROUTINE(perdita_native_sdiv64);
PERDITA_ROUTINE(perdita_native_smod64);
PERDITA_ROUTINE(perdita_native_mul64);
PERDITA_ROUTINE(perdita_native_atomic32);
PERDITA_ROUTINE(perdita_native_atomic64);

#undef PERDITA_ROUTINE_OR_WORDS
#undef PERDITA_ROUTINE
#undef PERDITA_ROUTINE_AFTER

// Division of words, bit by bit from the first on that the quotient can have. a9 says what is asked: bit 0 the
// remainder, bit 1 with signs. a2: the dividend, then the remainder; a3: the divisor, shifted; a4: the quotient; a5:
// the divisor; a8: the result's sign.
__asm__(
    ".section .text.perdita_native_divide_words, \"ax\", @progbits\n\t"
    ".align 4\n\t"
    ".global perdita_native_udiv32_words, perdita_native_umod32_words\n\t"
    ".global perdita_native_sdiv32_words, perdita_native_smod32_words\n"
    "perdita_native_udiv32_words:\n\t"
    "movi a9, 0\n\t"
    "j .Ldivide\n\t"
    ".align 4\n"
    "perdita_native_umod32_words:\n\t"
    "movi a9, 1\n\t"
    "j .Ldivide\n\t"
    ".align 4\n"
    "perdita_native_sdiv32_words:\n\t"
    "movi a9, 2\n\t"
    "j .Ldivide\n\t"
    ".align 4\n"
    "perdita_native_smod32_words:\n\t"
    "movi a9, 3\n"
    ".Ldivide:\n\t"
    "addi a1, a1, -16\n\t"
    "s32i a2, a1, 0\n\t"
    "s32i a3, a1, 4\n\t"
    "s32i a4, a1, 8\n\t"
    "s32i a5, a1, 12\n\t"
    "l32i a2, a1, 88\n\t"
    "l32i a3, a1, 96\n\t"
    "movi a4, 0\n\t"
    "movi a8, 0\n\t"
    "bbci a9, 1, 1f\n\t"
    "mov a8, a2\n\t"
    "bbsi a9, 0, 0f\n\t"
    "xor a8, a2, a3\n"
    "0:\tabs a2, a2\n\t"  // the smallest number's magnitude fits without a sign
    "abs a3, a3\n"
    "1:\tbeqz a3, 5f\n\t"
    "bltu a2, a3, 5f\n\t"
    "mov a5, a3\n\t"
    // As many places as the dividend has more.
    "nsau a4, a3\n\t"
    "ssl a4\n\t"
    "sll a3, a3\n\t"
    "nsau a4, a2\n\t"
    "ssr a4\n\t"
    "srl a3, a3\n\t"
    "movi a4, 0\n\t"
    "bbsi a9, 0, 7f\n\t"
    "j 3f\n"
    "2:\tadd a4, a4, a4\n\t"
    "srli a3, a3, 1\n"
    "3:\tbltu a2, a3, 4f\n\t"
    "sub a2, a2, a3\n\t"
    "addi a4, a4, 1\n"
    "4:\tbne a3, a5, 2b\n"
    "5:\tbbci a9, 0, 8f\n\t"
    "j 9f\n"
    "6:\tsrli a3, a3, 1\n"
    "7:\tbltu a2, a3, 10f\n\t"
    "sub a2, a2, a3\n"
    "10:\tbne a3, a5, 6b\n\t"
    "j 9f\n"
    "8:\tmov a2, a4\n"
    "9:\tbgez a8, 11f\n\t"
    "neg a2, a2\n"
    "11:\ts32i a2, a1, 88\n\t"
    "l32i a2, a1, 0\n\t"
    "l32i a3, a1, 4\n\t"
    "l32i a4, a1, 8\n\t"
    "l32i a5, a1, 12\n\t"
    "addi a1, a1, 16\n\t"
    "ret\n\t"
    ".previous");

extern "C" {
void perdita_native_udiv32_words();
void perdita_native_umod32_words();
void perdita_native_sdiv32_words();
void perdita_native_smod32_words();
}

// 48 bytes that begin with `args`, of which generated code finds r1 to r5's upper words there, and 20 of registers.
__asm__(
    ".section .text.perdita_native_enter, \"ax\", @progbits\n\t"
    ".align 4\n\t"
    ".global perdita_native_enter\n\t"
    ".type perdita_native_enter, @function\n"
    "perdita_native_enter:\n\t"
    "addi a1, a1, -80\n\t"
    "s32i a12, a1, 48\n\t"
    "s32i a13, a1, 52\n\t"
    "s32i a14, a1, 56\n\t"
    "s32i a15, a1, 60\n\t"
    "s32i a0, a1, 64\n\t"
    "mov a9, a2\n\t"
    "mov a14, a3\n\t"
    "mov a15, a4\n\t"
    "mov a8, a5\n\t"
    "l32i a3, a9, 4\n\t"
    "l32i a4, a9, 12\n\t"
    "l32i a5, a9, 20\n\t"
    "l32i a6, a9, 28\n\t"
    "l32i a7, a9, 36\n\t"
    "s32i a3, a1, 4\n\t"
    "s32i a4, a1, 12\n\t"
    "s32i a5, a1, 20\n\t"
    "s32i a6, a1, 28\n\t"
    "s32i a7, a1, 36\n\t"
    "l32i a3, a9, 0\n\t"
    "l32i a4, a9, 8\n\t"
    "l32i a5, a9, 16\n\t"
    "l32i a6, a9, 24\n\t"
    "l32i a7, a9, 32\n\t"
    "callx0 a8\n\t"
    "l32i a12, a1, 48\n\t"
    "l32i a13, a1, 52\n\t"
    "l32i a14, a1, 56\n\t"
    "l32i a15, a1, 60\n\t"
    "l32i a0, a1, 64\n\t"
    "addi a1, a1, 80\n\t"
    "ret\n\t"
    ".previous");

namespace perdita::runtime {

const void* const native_routines[kNativeRoutines] = {
    reinterpret_cast<const void*>(perdita_native_udiv64_shell),
    reinterpret_cast<const void*>(perdita_native_umod64_shell),
    reinterpret_cast<const void*>(perdita_native_sdiv64_shell),
    reinterpret_cast<const void*>(perdita_native_smod64_shell),
    reinterpret_cast<const void*>(perdita_native_udiv32_words),
    reinterpret_cast<const void*>(perdita_native_umod32_words),
    reinterpret_cast<const void*>(perdita_native_sdiv32_words),
    reinterpret_cast<const void*>(perdita_native_smod32_words),
    reinterpret_cast<const void*>(perdita_native_mul64_shell),
    reinterpret_cast<const void*>(perdita_native_atomic32_shell),
    reinterpret_cast<const void*>(perdita_native_atomic64_shell),
    reinterpret_cast<const void*>(perdita_native_loop),
    reinterpret_cast<const void*>(perdita_native_for_each),
};

}  // namespace perdita::runtime

constinit const perdita_native perdita_native_xtensa_shipped = {"xtensa", nullptr, perdita::runtime::run_native,
                                                                perdita::runtime::prepare_native,
                                                                perdita::runtime::native_routines};
