// SPDX-License-Identifier: Apache-2.0
//
// The registers that this board's code uses. Sources: QEMU's hw/riscv/virt.c for the memory map; the RISC-V privileged
// architecture, version 1.12; SiFive's FU540 manual, chapters 9 and 10 (CLINT, PLIC); 16550 data sheet; QEMU's
// hw/misc/sifive_test.c (leaving, restarting) and hw/rtc/goldfish_rtc.c. The network device's are in ethernet.cc.
#pragma once

#include <stdint.h>

namespace board {

inline volatile uint32_t& reg(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }
inline volatile uint8_t& reg8(uintptr_t address) { return *reinterpret_cast<volatile uint8_t*>(address); }

namespace uart0 {
constexpr uintptr_t kData = 0x10000000, kLineState = 0x10000005;
constexpr uint8_t kTransmitEmpty = 1u << 5;
}  // namespace uart0

// Time counts 10 MHz.
namespace clint {
constexpr uintptr_t kCompareLow = 0x02004000, kCompareHigh = 0x02004004;
constexpr uintptr_t kTimeLow = 0x0200bff8, kTimeHigh = 0x0200bffc;
constexpr uint32_t kTimeHz = 10'000'000;
}  // namespace clint

// Context 0 is machine mode of the first hart.
namespace plic {
constexpr uintptr_t kPriority = 0x0c000000, kEnable = 0x0c002000, kThreshold = 0x0c200000, kClaim = 0x0c200004;
}

namespace rtc {
constexpr uintptr_t kTimeLow = 0x00101000;  // nanoseconds of the day's clock
}

namespace finisher {
constexpr uintptr_t kControl = 0x00100000;
constexpr uint32_t kLeave = 0x5555, kRestart = 0x7777;
}  // namespace finisher

constexpr uint32_t kStatusInterrupts = 1u << 3;                               // mstatus.MIE
constexpr uint32_t kTimerInterrupt = 1u << 7, kExternalInterrupt = 1u << 11;  // mie, mip

}  // namespace board
