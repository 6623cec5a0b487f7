// SPDX-License-Identifier: Apache-2.0
//
// What the code that all boards share needs to know of this one: QEMU's lx60-nommu with an lx106.
#pragma once

#include "registers.h"

// UUID version 5 of "lx60" in the name space of the demo's class (boards/common/main.cc).
#define PERDITA_BOARD_DEVICE_ID \
  {0x05, 0xbe, 0x74, 0x7b, 0x81, 0x2a, 0x57, 0x6a, 0x8b, 0xa7, 0x2e, 0xb3, 0x6c, 0x55, 0xd7, 0xe1}

// The generator of native code for this board (jit/generate.h).
#define PERDITA_BOARD_GENERATOR perdita::jit::xtensa

namespace board {

constexpr char kTarget[] = "xtensa";

// Where the emulator puts the runner's jobs (src/emulate/board.cc), with room for what it compiles behind them.
constexpr uintptr_t kJobs = 0x61000000;

inline uint32_t leds() { return reg(system::kLeds); }
inline void show_leds(uint32_t leds) { reg(system::kLeds) = leds; }

// Shuts interrupts out until unlock() gets what it returned, which is 0 where they were let in: PS.INTLEVEL and
// PS.EXCM. Nests. Any context.
inline uint32_t lock() {
  uint32_t state = 0;
  __asm__ volatile("rsil %0, 1\n\textui %0, %0, 0, 5" : "=a"(state)::"memory");
  return state;
}
inline void unlock(uint32_t state) {
  uint32_t ignored = 0;
  // The level also where an exception shuts interrupts out already: else it would stay when that is over.
  if ((state & 15) == 0) __asm__ volatile("rsil %0, 0" : "=a"(ignored)::"memory");
}

// What was stored before is what is fetched from now on (manual, section 5.3.9.1); the core has no caches.
inline void sync_code() { __asm__ volatile("memw\n\tisync" ::: "memory"); }

// Something that differs from start to start: nothing does on this board.
inline uint32_t start_value() { return 0; }

// The simulator's call, which QEMU understands with -semihosting: SYS_exit.
[[noreturn]] inline void leave_emulator() {
  register uint32_t operation __asm__("a2") = 1;
  register uint32_t code __asm__("a3") = 0;
  __asm__ volatile("simcall" ::"r"(operation), "r"(code) : "memory");
  for (;;) {
  }
}

}  // namespace board
