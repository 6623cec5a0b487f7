// SPDX-License-Identifier: Apache-2.0
//
// Exact counts on the emulated board, and an interrupt at an exact place: QEMU with -icount shift=10 executes one
// instruction in 1024 ns of the guest's time, and the CLINT counts 10 MHz, 10.24 for each instruction. Without that
// option the counts mean nothing. For the runner and test firmware. Thread context.
#pragma once

#include <stdint.h>

#include "registers.h"

namespace board {

inline void start_counting() {}

// A reading, and how many of these units lie between two of them.
inline uint32_t ticks() { return reg(clint::kTimeLow); }
constexpr uint32_t ticks_between(uint32_t before, uint32_t after) { return after - before; }

constexpr uint32_t instructions(uint32_t ticks_between) {
  return static_cast<uint32_t>((uint64_t{ticks_between} * 100 + 512) / 1024);
}
// Of at most four million.
constexpr uint32_t ticks_of(uint32_t instruction_count) { return (instruction_count * 1024 + 99) / 100; }

// Lets timer_handler() be called once, `instruction_count` instructions and a constant number more from now.
inline void interrupt_after(uint32_t instruction_count) {
  uint32_t ahead = ticks_of(instruction_count + 12);
  __asm__ volatile("" : "+r"(ahead));  // before the clock is read
  const uint32_t high = reg(clint::kTimeHigh);
  const uint64_t at = (uint64_t{high} << 32 | reg(clint::kTimeLow)) + ahead;
  reg(clint::kCompareHigh) = uint32_t(at >> 32);
  reg(clint::kCompareLow) = uint32_t(at);
  __asm__ volatile("csrs mie, %0" ::"r"(kTimerInterrupt) : "memory");
  __asm__ volatile("csrs mstatus, %0" ::"r"(kStatusInterrupts) : "memory");
}
inline void interrupt_off() { __asm__ volatile("csrc mie, %0" ::"r"(kTimerInterrupt) : "memory"); }

inline uint32_t* stack_pointer() {
  uint32_t* here = nullptr;
  __asm__ volatile("mv %0, sp" : "=r"(here));
  return here;
}

}  // namespace board
