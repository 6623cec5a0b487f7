// SPDX-License-Identifier: Apache-2.0
#include "runtime/arithmetic.h"

namespace perdita::runtime {
namespace {

using isa::kCmpxchg;
using isa::kFetch;
using isa::kXchg;

constexpr int32_t kSmallest32 = INT32_MIN;

struct Division {
  uint64_t quotient, remainder;
};

// Bit by bit where the numbers do not fit 32 bits, from the first bit on that the quotient can have. The compiler's
// library has a faster routine, of seven times the size.
Division divide_unsigned(uint64_t a, uint64_t b) {
  if (((a | b) >> 32) == 0) {
    const auto low = static_cast<uint32_t>(a);
    const auto divisor = static_cast<uint32_t>(b);
    return {low / divisor, low % divisor};
  }
  uint64_t quotient = 0;
  if (a >= b) {
    int32_t bit = __builtin_clzll(b) - __builtin_clzll(a);
    b <<= bit;
    for (; bit >= 0; bit--) {
      quotient <<= 1;
      if (a >= b) {
        a -= b;
        quotient |= 1;
      }
      b >>= 1;
    }
  }
  return {quotient, a};
}

uint64_t negated_if(bool negative, uint64_t value) { return negative ? 0 - value : value; }

// Rounds to zero: the quotient is negative where the signs differ, the remainder where the dividend is. Magnitudes fit
// 64 bits without a sign, so the smallest number divided by -1 needs no case of its own.
Division divide_any(uint64_t a, uint64_t b, bool is_signed) {
  const bool a_negative = is_signed && static_cast<int64_t>(a) < 0;
  const bool b_negative = is_signed && static_cast<int64_t>(b) < 0;
  const Division division = divide_unsigned(negated_if(a_negative, a), negated_if(b_negative, b));
  return {negated_if(a_negative != b_negative, division.quotient), negated_if(a_negative, division.remainder)};
}

}  // namespace

uint64_t divide64(uint64_t a, uint64_t b, bool is_signed) { return b == 0 ? 0 : divide_any(a, b, is_signed).quotient; }

uint64_t modulo64(uint64_t a, uint64_t b, bool is_signed) { return b == 0 ? a : divide_any(a, b, is_signed).remainder; }

uint32_t divide32(uint32_t a, uint32_t b, bool is_signed) {
  if (b == 0) return 0;
  if (!is_signed) return a / b;
  const int32_t dividend = static_cast<int32_t>(a);
  const int32_t divisor = static_cast<int32_t>(b);
  if (dividend == kSmallest32 && divisor == -1) return a;
  return static_cast<uint32_t>(dividend / divisor);
}

uint32_t modulo32(uint32_t a, uint32_t b, bool is_signed) {
  if (b == 0) return a;
  if (!is_signed) return a % b;
  const int32_t dividend = static_cast<int32_t>(a);
  const int32_t divisor = static_cast<int32_t>(b);
  if (divisor == -1) return 0;
  return static_cast<uint32_t>(dividend % divisor);
}

bool truncate_bits(uint64_t& value, int32_t bits) {
  switch (bits) {
    case 16:
      value = static_cast<uint16_t>(value);
      return true;
    case 32:
      value = static_cast<uint32_t>(value);
      return true;
    case 64:
      return true;
    default:
      return false;
  }
}

bool swap_bytes(uint64_t& value, int32_t bits) {
  switch (bits) {
    case 16:
      value = __builtin_bswap16(static_cast<uint16_t>(value));
      return true;
    case 32:
      value = __builtin_bswap32(static_cast<uint32_t>(value));
      return true;
    case 64:
      value = __builtin_bswap64(value);
      return true;
    default:
      return false;
  }
}

uint64_t sign_extend(uint64_t value, int32_t bits) {
  switch (bits) {
    case 8:
      return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(value)));
    case 16:
      return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int16_t>(value)));
    default:
      return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)));
  }
}

bool atomic(const isa::Insn& insn, uint64_t* registers, void* address, const perdita_port& port) {
  const bool wide = (insn.opcode & isa::kDw) == isa::kDw;
  const size_t bytes = wide ? sizeof(uint64_t) : sizeof(uint32_t);
  const uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
  const uint64_t operand = registers[insn.src()];
  const uint64_t expected = registers[0] & mask;

  uint64_t old = 0;
  uint64_t fresh;
  const uint32_t state = port.core.lock(port.user);
  __builtin_memcpy(&old, address, bytes);  // little endian: the low half is the 32-bit value
  bool known = true;
  switch (insn.imm) {
    case isa::kAdd:
    case isa::kAdd | kFetch:
      fresh = old + operand;
      break;
    case isa::kOr:
    case isa::kOr | kFetch:
      fresh = old | operand;
      break;
    case isa::kAnd:
    case isa::kAnd | kFetch:
      fresh = old & operand;
      break;
    case isa::kXor:
    case isa::kXor | kFetch:
      fresh = old ^ operand;
      break;
    case kXchg:
      fresh = operand;
      break;
    case kCmpxchg:
      fresh = old == expected ? operand : old;
      break;
    default:
      fresh = old;
      known = false;
      break;
  }
  __builtin_memcpy(address, &fresh, bytes);
  port.core.unlock(port.user, state);

  if (known && (insn.imm & kFetch) != 0) registers[insn.imm == kCmpxchg ? 0 : insn.src()] = old;
  return known;
}

}  // namespace perdita::runtime
