// SPDX-License-Identifier: Apache-2.0
//
// The interpreter's registers and instructions as pairs of 32-bit words. On ARMv7-M one machine instruction moves both
// words of a pair (LDRD and STRD, DDI 0403, sections A7.7.50 and A7.7.163); the compiler finds it in half of the places
// only, and each one missed costs a machine instruction per BPF instruction. Everywhere else this is plain C++.
#pragma once

#include "isa/insn.h"

#if defined(__thumb2__) && defined(__GNUC__)
#define PERDITA_WORD_PAIRS 1
#else
#define PERDITA_WORD_PAIRS 0
#endif

namespace perdita::runtime {

inline uint64_t pair(uint32_t low, uint32_t high) { return static_cast<uint64_t>(high) << 32 | low; }

inline uint64_t read_pair(const uint64_t* from) {
#if PERDITA_WORD_PAIRS
  uint32_t low;
  uint32_t high;
  __asm__("ldrd %0, %1, %2" : "=r"(low), "=r"(high) : "Q"(*from));
  return pair(low, high);
#else
  return *from;
#endif
}

inline void write_pair(uint64_t* to, uint32_t low, uint32_t high) {
#if PERDITA_WORD_PAIRS
  __asm__("strd %1, %2, %0" : "=Q"(*to) : "r"(low), "r"(high));
#else
  *to = pair(low, high);
#endif
}

// The two words of the instruction at `pc`, which moves on: opcode, registers and offset in `head`, and imm. A macro,
// as all three may be variables in machine registers. Code does not change while it runs, so the compiler is not told
// of a read: it would keep the old pc for it.
#if PERDITA_WORD_PAIRS
#define PERDITA_FETCH(pc, head, imm) __asm__("ldrd %0, %1, [%2], #8" : "=r"(head), "=r"(imm), "+r"(pc))
#else
#define PERDITA_FETCH(pc, head, imm)             \
  do {                                           \
    __builtin_memcpy(&(head), pc, sizeof(head)); \
    (imm) = (pc)->imm;                           \
    (pc)++;                                      \
  } while (false)
#endif

}  // namespace perdita::runtime
