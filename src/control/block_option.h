// SPDX-License-Identifier: Apache-2.0
//
// The value of a Block1 or Block2 option (RFC 7959, section 2.2): block number, more, size exponent.
// Freestanding; any context.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace perdita::control {

struct BlockOption {
  uint32_t number = 0;  // 20 bits
  bool more = false;
  uint8_t exponent = kLargestExponent;  // size = 2^(exponent + 4); 7 is reserved

  static constexpr uint8_t kLargestExponent = 6;
  static constexpr size_t kLargestBytes = 1024;

  static constexpr BlockOption decode(uint32_t value) {
    return {value >> 4, (value >> 3 & 1) != 0, uint8_t(value & 7)};
  }
  constexpr uint32_t encode() const { return number << 4 | uint32_t(more) << 3 | exponent; }
  constexpr bool valid() const { return exponent <= kLargestExponent; }
  constexpr size_t size_bytes() const { return size_t{1} << (exponent + 4); }
  constexpr size_t offset() const { return size_t{number} << (exponent + 4); }
};

}  // namespace perdita::control
