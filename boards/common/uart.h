// SPDX-License-Identifier: Apache-2.0
//
// The board's serial port, transmit only. Any context.
#pragma once

namespace board {

void uart_init();
// Waits until the hardware has room for it.
void uart_put(char c);

}  // namespace board
