// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include "uart.h"

namespace board {

void console_init() { uart_init(); }

void print(const char* text) {
  for (; *text != 0; text++) uart_put(*text);
}

void print(const char* text, size_t size_bytes) {
  for (size_t i = 0; i < size_bytes; i++) uart_put(text[i]);
}

void print_number(uint32_t value) {
  char digits[10];
  size_t count = 0;
  do {
    digits[count++] = char('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) uart_put(digits[--count]);
}

void print_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) uart_put("0123456789abcdef"[value >> shift & 15]);
}

}  // namespace board
