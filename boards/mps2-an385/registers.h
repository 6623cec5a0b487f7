// SPDX-License-Identifier: Apache-2.0
//
// The registers that this board's code uses. Sources: ARMv7-M Architecture Reference Manual (DDI 0403), sections B3.2
// to B3.4; Cortex-M System Design Kit (DDI 0479), section 4.3 (UART); MPS2 AN385 application note (DAI 0385), memory
// map and section 4.3 (SCC). The Ethernet controller's are in ethernet.cc.
#pragma once

#include <stdint.h>

namespace board {

inline volatile uint32_t& reg(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }

// The processor and its timers run from 25 MHz.
constexpr uint32_t kClockHz = 25'000'000;

namespace uart0 {
constexpr uintptr_t kData = 0x40004000, kState = 0x40004004, kControl = 0x40004008, kBaudDivider = 0x40004010;
constexpr uint32_t kStateTransmitFull = 1u << 0, kControlTransmitEnable = 1u << 0;
}  // namespace uart0

namespace systick {
constexpr uintptr_t kControl = 0xe000e010, kReload = 0xe000e014, kCurrent = 0xe000e018;
constexpr uint32_t kControlEnable = 1u << 0, kControlInterrupt = 1u << 1, kControlProcessorClock = 1u << 2;
}  // namespace systick

namespace nvic {
constexpr uintptr_t kSetEnable = 0xe000e100, kClearEnable = 0xe000e180, kClearPending = 0xe000e280;
}

namespace scb {
constexpr uintptr_t kInterruptState = 0xe000ed04, kReset = 0xe000ed0c, kFaultStatus = 0xe000ed28;
constexpr uintptr_t kHardFaultStatus = 0xe000ed2c, kMemoryFaultAddress = 0xe000ed34, kBusFaultAddress = 0xe000ed38;
constexpr uint32_t kSysTickPending = 1u << 26;
constexpr uint32_t kResetRequest = 0x05fa0000u | 1u << 2;  // with the key that the register demands
}  // namespace scb

namespace mpu {
constexpr uintptr_t kControl = 0xe000ed94, kRegionNumber = 0xe000ed98, kRegionBase = 0xe000ed9c;
constexpr uintptr_t kRegionAttributes = 0xe000eda0;
constexpr uint32_t kControlEnable = 1u << 0, kControlDefaultMap = 1u << 2;
constexpr uint32_t kRegionEnable = 1u << 0, kRegionNoExecute = 1u << 28;
// The size field of a region of 2^power bytes. All other bits zero: no access, not even privileged.
constexpr uint32_t region_size(uint32_t power) { return (power - 1) << 1; }
}  // namespace mpu

// Board's system control: bits 7 to 0 are the LEDs.
constexpr uintptr_t kSccLeds = 0x4002f004;

constexpr uint32_t kEthernetInterrupt = 13;

}  // namespace board
