// SPDX-License-Identifier: Apache-2.0
#include "isa/reference.h"

#include <limits>
#include <type_traits>

namespace perdita::isa {
namespace {

// The low `bits` of `value`, extended with zeros or with their sign.
uint64_t zero_extend(uint64_t value, unsigned bits) { return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1); }

uint64_t sign_extend(uint64_t value, unsigned bits) {
  const uint64_t low = zero_extend(value, bits);
  const bool negative = (low >> (bits - 1) & 1) != 0;
  return negative && bits < 64 ? low | ~uint64_t{0} << bits : low;
}

// The lowest byte becomes the highest of `bits`.
uint64_t swap_bytes(uint64_t value, unsigned bits) {
  uint64_t swapped = 0;
  for (unsigned i = 0; i < bits; i += 8) swapped = swapped << 8 | (value >> i & 0xff);
  return swapped;
}

// Division by zero gives zero; the one quotient that does not fit wraps (section 4.1).
template <typename Signed>
Signed divide(Signed dividend, Signed divisor) {
  if (divisor == 0) return 0;
  if (dividend == std::numeric_limits<Signed>::min() && divisor == -1) return dividend;
  return static_cast<Signed>(dividend / divisor);
}

// The remainder of a division by zero is the dividend.
template <typename Signed>
Signed remainder(Signed dividend, Signed divisor) {
  if (divisor == 0) return dividend;
  if (divisor == -1) return 0;
  return static_cast<Signed>(dividend % divisor);
}

// One operation on operands of the width of `Unsigned`.
template <typename Unsigned>
Unsigned arithmetic(const Insn& insn, Unsigned dst, Unsigned src) {
  using Signed = std::make_signed_t<Unsigned>;
  const unsigned shift = static_cast<unsigned>(src % std::numeric_limits<Unsigned>::digits);
  const bool is_signed = insn.offset == 1;
  switch (insn_op(insn.opcode)) {
    case kAdd:
      return dst + src;
    case kSub:
      return dst - src;
    case kMul:
      return dst * src;
    case kDiv:
      if (is_signed) return static_cast<Unsigned>(divide(static_cast<Signed>(dst), static_cast<Signed>(src)));
      return src == 0 ? 0 : dst / src;
    case kMod:
      if (is_signed) return static_cast<Unsigned>(remainder(static_cast<Signed>(dst), static_cast<Signed>(src)));
      return src == 0 ? dst : dst % src;
    case kOr:
      return dst | src;
    case kAnd:
      return dst & src;
    case kXor:
      return dst ^ src;
    case kLsh:
      return dst << shift;
    case kRsh:
      return dst >> shift;
    case kArsh:
      return static_cast<Unsigned>(static_cast<Signed>(dst) >> shift);
    case kNeg:
      return 0 - dst;
    case kMov:
      return insn.offset == 0 ? src : static_cast<Unsigned>(sign_extend(src, static_cast<unsigned>(insn.offset)));
    default:
      return 0;
  }
}

template <typename Unsigned>
bool taken(uint8_t op, Unsigned left, Unsigned right) {
  using Signed = std::make_signed_t<Unsigned>;
  const auto signed_left = static_cast<Signed>(left);
  const auto signed_right = static_cast<Signed>(right);
  switch (op) {
    case kJeq:
      return left == right;
    case kJne:
      return left != right;
    case kJgt:
      return left > right;
    case kJge:
      return left >= right;
    case kJlt:
      return left < right;
    case kJle:
      return left <= right;
    case kJset:
      return (left & right) != 0;
    case kJsgt:
      return signed_left > signed_right;
    case kJsge:
      return signed_left >= signed_right;
    case kJslt:
      return signed_left < signed_right;
    case kJsle:
      return signed_left <= signed_right;
    default:
      return false;
  }
}

// The second operand: an immediate is extended with its sign to 64 bits; operations of 32 take the lower half of that.
uint64_t operand(const Insn& insn, uint64_t src) {
  return uses_register(insn.opcode) ? src : sign_extend(static_cast<uint32_t>(insn.imm), 32);
}

uint64_t byte_order(const Insn& insn, uint64_t dst) {
  const auto bits = static_cast<unsigned>(insn.imm);
  // In ALU, "to little endian" leaves the bytes of a little-endian machine as they are; all else swaps them.
  const bool swaps = insn_class(insn.opcode) == kAlu64 || uses_register(insn.opcode);
  return swaps ? swap_bytes(dst, bits) : zero_extend(dst, bits);
}

}  // namespace

uint64_t reference_arithmetic(const Insn& insn, uint64_t dst, uint64_t src) {
  if (insn_op(insn.opcode) == kEnd) return byte_order(insn, dst);
  const uint64_t right = operand(insn, src);
  if (insn_class(insn.opcode) == kAlu64) return arithmetic<uint64_t>(insn, dst, right);
  return arithmetic<uint32_t>(insn, static_cast<uint32_t>(dst), static_cast<uint32_t>(right));
}

bool reference_taken(const Insn& insn, uint64_t dst, uint64_t src) {
  const uint8_t op = insn_op(insn.opcode);
  const uint64_t right = operand(insn, src);
  if (insn_class(insn.opcode) == kJmp) return taken<uint64_t>(op, dst, right);
  return taken<uint32_t>(op, static_cast<uint32_t>(dst), static_cast<uint32_t>(right));
}

uint64_t reference_loaded(const Insn& insn, uint64_t bits) {
  const unsigned width = access_bytes(insn.opcode) * 8;
  return insn_mode(insn.opcode) == kMemSx ? sign_extend(bits, width) : zero_extend(bits, width);
}

AtomicOutcome reference_atomic(const Insn& insn, uint64_t memory, uint64_t src, uint64_t r0) {
  const unsigned width = access_bytes(insn.opcode) * 8;
  const uint64_t before = zero_extend(memory, width);
  const uint64_t right = zero_extend(src, width);
  switch (insn.imm) {
    case kXchg:
      return {right, before, r0};
    case kCmpxchg:
      return {zero_extend(r0, width) == before ? right : before, src, before};
    default:
      break;
  }
  uint64_t after = before;
  switch (insn.imm & ~kFetch) {
    case kAdd:
      after = zero_extend(before + right, width);
      break;
    case kOr:
      after = before | right;
      break;
    case kAnd:
      after = before & right;
      break;
    case kXor:
      after = before ^ right;
      break;
    default:
      break;
  }
  return {after, (insn.imm & kFetch) != 0 ? before : src, r0};
}

}  // namespace perdita::isa
