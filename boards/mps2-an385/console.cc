// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include "registers.h"

namespace board {
namespace {

constexpr uint32_t kBaud = 115200;

void put(char c) {
  while ((reg(uart0::kState) & uart0::kStateTransmitFull) != 0) {
  }
  reg(uart0::kData) = uint8_t(c);
}

}  // namespace

void console_init() {
  reg(uart0::kBaudDivider) = kClockHz / kBaud;
  reg(uart0::kControl) = uart0::kControlTransmitEnable;
}

void print(const char* text) {
  for (; *text != 0; text++) put(*text);
}

void print(const char* text, size_t size_bytes) {
  for (size_t i = 0; i < size_bytes; i++) put(text[i]);
}

void print_number(uint32_t value) {
  char digits[10];
  size_t count = 0;
  do {
    digits[count++] = char('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) put(digits[--count]);
}

void print_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}

}  // namespace board
