// SPDX-License-Identifier: Apache-2.0
//
// The registers that this board's code uses. Sources: Xtensa Instruction Set Architecture reference manual,
// chapters 4.4 (exceptions and interrupts) and 5 (special registers); QEMU's hw/xtensa/xtfpga.c for the memory map and
// target/xtensa/core-lx106 for the core's interrupts; 16550 data sheet. The Ethernet controller's are in ethernet.cc.
#pragma once

#include <stdint.h>

namespace board {

inline volatile uint32_t& reg(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

constexpr uint32_t kClockHz = 40'000'000;

namespace uart0 {
constexpr uintptr_t kData = 0x9d050020, kLineState = 0x9d050034;
constexpr uint32_t kTransmitEmpty = 1u << 5;
}  // namespace uart0

namespace system {
constexpr uintptr_t kLeds = 0x9d020004, kReset = 0x9d020010;
constexpr uint32_t kResetRequest = 0xdead;
}  // namespace system

constexpr uint32_t kEthernetInterrupt = 1u << 1, kTimerInterrupt = 1u << 6;  // in INTENABLE, both of level 1

// Special registers by their names in the assembler.
#define PERDITA_READ_SPECIAL(name, value) __asm__ volatile("rsr %0, " #name : "=a"(value)::"memory")
#define PERDITA_WRITE_SPECIAL(name, value) __asm__ volatile("wsr %0, " #name "\n\tesync" ::"a"(value) : "memory")

inline uint32_t cycles() {
  uint32_t count = 0;
  PERDITA_READ_SPECIAL(ccount, count);
  return count;
}

// The timer interrupts when the count reaches this; writing it takes back an interrupt that waits.
inline void interrupt_at_cycle(uint32_t count) { PERDITA_WRITE_SPECIAL(ccompare0, count); }

// Bits of INTENABLE. With interrupts shut out.
inline void enable_interrupts(uint32_t mask) {
  uint32_t enabled = 0;
  PERDITA_READ_SPECIAL(intenable, enabled);
  PERDITA_WRITE_SPECIAL(intenable, enabled | mask);
}
inline void disable_interrupts(uint32_t mask) {
  uint32_t enabled = 0;
  PERDITA_READ_SPECIAL(intenable, enabled);
  PERDITA_WRITE_SPECIAL(intenable, enabled & ~mask);
}

}  // namespace board
