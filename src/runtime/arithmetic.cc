// SPDX-License-Identifier: Apache-2.0
#include "runtime/arithmetic.h"

namespace perdita::runtime {
namespace {

using isa::kCmpxchg;
using isa::kFetch;
using isa::kXchg;

constexpr int64_t kSmallest64 = INT64_MIN;
constexpr int32_t kSmallest32 = INT32_MIN;

}  // namespace

uint64_t divide64(uint64_t a, uint64_t b, bool is_signed) {
  if (b == 0) return 0;
  if (!is_signed) return a / b;
  const int64_t dividend = static_cast<int64_t>(a);
  const int64_t divisor = static_cast<int64_t>(b);
  if (dividend == kSmallest64 && divisor == -1) return a;
  return static_cast<uint64_t>(dividend / divisor);
}

uint64_t modulo64(uint64_t a, uint64_t b, bool is_signed) {
  if (b == 0) return a;
  if (!is_signed) return a % b;
  const int64_t dividend = static_cast<int64_t>(a);
  const int64_t divisor = static_cast<int64_t>(b);
  if (divisor == -1) return 0;
  return static_cast<uint64_t>(dividend % divisor);
}

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
