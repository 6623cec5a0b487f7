// SPDX-License-Identifier: Apache-2.0
//
// What the code that all boards share needs to know of this one: QEMU's riscv32 virt machine.
#pragma once

#include "registers.h"

// UUID version 5 of "riscv32-virt" in the name space of the demo's class (boards/common/main.cc).
#define PERDITA_BOARD_DEVICE_ID \
  {0xa8, 0x1a, 0x58, 0x69, 0x00, 0xba, 0x51, 0x44, 0x94, 0xa3, 0xf2, 0xe8, 0xc5, 0x64, 0x89, 0x33}

// The generator of native code for this board (jit/generate.h).
#define PERDITA_BOARD_GENERATOR perdita::jit::rv32imc

namespace board {

constexpr char kTarget[] = "rv32imc";

// Where the emulator puts the runner's jobs (src/emulate/board.cc), with room for what it compiles behind them.
constexpr uintptr_t kJobs = 0x81000000;

// There are none: what they would show is kept. The caller shuts interrupts out.
inline uint32_t leds_shown;
inline uint32_t leds() { return leds_shown; }
inline void show_leds(uint32_t leds) { leds_shown = leds; }

// Shuts interrupts out until unlock() gets what it returned, which is 0 where they were let in. Nests. Any context.
inline uint32_t lock() {
  uint32_t state = 0;
  __asm__ volatile("csrrci %0, mstatus, %1" : "=r"(state) : "i"(kStatusInterrupts) : "memory");
  return ~state & kStatusInterrupts;
}
inline void unlock(uint32_t state) {
  if (state == 0) __asm__ volatile("csrsi mstatus, %0" ::"i"(kStatusInterrupts) : "memory");
}

// What was stored before is what this hart fetches from now on (RISC-V unprivileged, chapter "Zifencei").
inline void sync_code() { __asm__ volatile("fence.i" ::: "memory"); }

// Something that differs from start to start.
inline uint32_t start_value() { return reg(rtc::kTimeLow); }

[[noreturn]] inline void leave_emulator() {
  reg(finisher::kControl) = finisher::kLeave;
  for (;;) {
  }
}

}  // namespace board
