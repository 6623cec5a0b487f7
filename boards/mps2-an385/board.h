// SPDX-License-Identifier: Apache-2.0
//
// What the code that all boards share needs to know of this one: QEMU's mps2-an385, a Cortex-M3 (DAI 0385).
#pragma once

#include "registers.h"

// UUID version 5 of "mps2-an385" in the name space of the demo's class (boards/common/main.cc).
#define PERDITA_BOARD_DEVICE_ID \
  {0xe3, 0x78, 0x0d, 0x3c, 0xd1, 0xa4, 0x58, 0xeb, 0x95, 0x3b, 0x07, 0xbe, 0x72, 0x4a, 0x28, 0x32}

// The generator of native code for this board (jit/generate.h).
#define PERDITA_BOARD_GENERATOR perdita::jit::armv7m

namespace board {

constexpr char kTarget[] = "armv7m";

// Where the emulator puts the runner's jobs (src/emulate/board.cc), with room for what it compiles behind them: PSRAM.
constexpr uintptr_t kJobs = 0x21000000;

// Eight of them. The caller shuts interrupts out.
inline uint32_t leds() { return reg(kSccLeds); }
inline void show_leds(uint32_t leds) { reg(kSccLeds) = leds; }

// Shuts interrupts out until unlock() gets what it returned, which is 0 where they were let in. Nests. Any context.
inline uint32_t lock() {
  uint32_t state = 0;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
  return state;
}
inline void unlock(uint32_t state) { __asm__ volatile("msr primask, %0" ::"r"(state) : "memory"); }

// No cache on this core: what was stored must only be out before it is fetched (DDI 0403, section A3.7.3).
inline void sync_code() { __asm__ volatile("dsb\n\tisb" ::: "memory"); }

// Something that differs from start to start: nothing does on this board.
inline uint32_t start_value() { return 0; }

// Semihosting, SYS_EXIT with ADP_Stopped_ApplicationExit (ARM IHI semihosting specification, section 6.4).
[[noreturn]] inline void leave_emulator() {
  register uint32_t operation __asm__("r0") = 0x18;
  register uint32_t reason __asm__("r1") = 0x20026;
  __asm__ volatile("bkpt 0xab" ::"r"(operation), "r"(reason) : "memory");
  for (;;) {
  }
}

}  // namespace board
