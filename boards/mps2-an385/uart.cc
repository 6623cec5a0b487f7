// SPDX-License-Identifier: Apache-2.0
#include "uart.h"

#include "registers.h"

namespace board {

constexpr uint32_t kBaud = 115200;

void uart_init() {
  reg(uart0::kBaudDivider) = kClockHz / kBaud;
  reg(uart0::kControl) = uart0::kControlTransmitEnable;
}

void uart_put(char c) {
  while ((reg(uart0::kState) & uart0::kStateTransmitFull) != 0) {
  }
  reg(uart0::kData) = uint8_t(c);
}

}  // namespace board
