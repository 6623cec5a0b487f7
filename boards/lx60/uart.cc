// SPDX-License-Identifier: Apache-2.0
#include "uart.h"

#include "registers.h"

namespace board {

// The emulated 16550 is at work from the start, at any rate.
void uart_init() {}

void uart_put(char c) {
  while ((reg(uart0::kLineState) & uart0::kTransmitEmpty) == 0) {
  }
  reg(uart0::kData) = uint8_t(c);
}

}  // namespace board
