// SPDX-License-Identifier: Apache-2.0
//
// Exact counts on the emulated board, and an interrupt at an exact place: QEMU with -icount shift=10 executes one
// instruction in 1024 ns of the guest's time, and the timers count 25 MHz, 25.6 for each instruction. Without that
// option the counts mean nothing. For the runner and test firmware. Thread context.
#pragma once

#include <stdint.h>

#include "registers.h"

namespace board {

namespace timer0 {  // DDI 0479, section 4.2
constexpr uintptr_t kControl = 0x40000000, kValue = 0x40000004, kReload = 0x40000008;
}

inline void start_counting() {
  reg(timer0::kReload) = 0xffffffffu;
  reg(timer0::kValue) = 0xffffffffu;
  reg(timer0::kControl) = 1;
}

// A reading, and how many of these units lie between two of them.
inline uint32_t ticks() { return reg(timer0::kValue); }
constexpr uint32_t ticks_between(uint32_t before, uint32_t after) { return before - after; }  // it counts down

constexpr uint32_t instructions(uint32_t ticks_between) {
  return static_cast<uint32_t>((uint64_t{ticks_between} * 40 + 512) / 1024);
}
constexpr uint32_t ticks_of(uint32_t instruction_count) {
  return static_cast<uint32_t>((uint64_t{instruction_count} * 1024 + 39) / 40);
}

// Lets timer_handler() be called once, `instruction_count` instructions and a constant number more from now.
inline void interrupt_after(uint32_t instruction_count) {
  reg(systick::kReload) = ticks_of(instruction_count + 1);
  reg(systick::kCurrent) = 0;
  reg(systick::kControl) = systick::kControlEnable | systick::kControlInterrupt | systick::kControlProcessorClock;
}
inline void interrupt_off() {
  reg(systick::kControl) = 0;
  reg(scb::kInterruptState) = 1u << 25;  // PENDSTCLR
}

inline uint32_t* stack_pointer() {
  uint32_t* here = nullptr;
  __asm__ volatile("mov %0, sp" : "=r"(here));
  return here;
}

}  // namespace board
