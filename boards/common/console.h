// SPDX-License-Identifier: Apache-2.0
//
// Text on the serial port, waiting for the hardware. Any context; texts of different contexts may mix.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace board {

void console_init();
void print(const char* text);
void print(const char* text, size_t size_bytes);
void print_number(uint32_t value);
void print_hex(uint32_t value);

}  // namespace board
