// SPDX-License-Identifier: Apache-2.0
//
// Exact counts on the emulated board, and an interrupt at an exact place: QEMU with -icount shift=10 executes one
// instruction in 1024 ns of the guest's time, and the core counts 40 MHz, 40.96 for each instruction. Without that
// option the counts mean nothing. For the runner and test firmware. Thread context.
#pragma once

#include <stdint.h>

#include "registers.h"

namespace board {

inline void start_counting() {}

// A reading, and how many of these units lie between two of them.
inline uint32_t ticks() { return cycles(); }
constexpr uint32_t ticks_between(uint32_t before, uint32_t after) { return after - before; }

constexpr uint32_t instructions(uint32_t ticks_between) {
  return static_cast<uint32_t>((uint64_t{ticks_between} * 25 + 512) / 1024);
}
// Of at most four million.
constexpr uint32_t ticks_of(uint32_t instruction_count) { return (instruction_count * 1024 + 24) / 25; }

// Lets timer_handler() be called once, `instruction_count` instructions and a constant number more from now.
inline void interrupt_after(uint32_t instruction_count) {
  uint32_t ahead = ticks_of(instruction_count + 12);
  __asm__ volatile("" : "+r"(ahead));  // before the clock is read
  uint32_t scratch = 0;
  __asm__ volatile(
      "rsr %1, ccount\n\t"
      "add %0, %0, %1\n\t"
      "wsr %0, ccompare0\n\t"
      "esync\n\t"
      "rsr %1, intenable\n\t"
      "movi %0, %2\n\t"
      "or %1, %1, %0\n\t"
      "wsr %1, intenable\n\t"
      "rsil %1, 0\n\t"
      : "+&a"(ahead), "=&a"(scratch)
      : "i"(kTimerInterrupt)
      : "memory");
}
inline void interrupt_off() { disable_interrupts(kTimerInterrupt); }

inline uint32_t* stack_pointer() {
  uint32_t* here = nullptr;
  __asm__ volatile("mov %0, sp" : "=a"(here));
  return here;
}

}  // namespace board
