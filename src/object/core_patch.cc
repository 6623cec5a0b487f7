// SPDX-License-Identifier: Apache-2.0
#include "object/core_patch.h"

#include <fmt/format.h>

namespace perdita::object {
namespace {

std::optional<uint8_t> size_bits(uint32_t bytes) {
  switch (bytes) {
    case 1:
      return isa::kB;
    case 2:
      return isa::kH;
    case 4:
      return isa::kW;
    case 8:
      return isa::kDw;
    default:
      return std::nullopt;
  }
}

std::string not_as_compiled() { return "the instruction is not as the compiler made it"; }

std::optional<std::string> patch_access(isa::Insn& insn, const CorePatch& patch) {
  if (insn.offset < 0 || static_cast<uint64_t>(insn.offset) != patch.before) return not_as_compiled();
  if (patch.after > INT16_MAX) return fmt::format("the offset {} does not fit an instruction", patch.after);
  // An access that is not as wide as the field reads a part of it, and which part is not said.
  if (patch.bytes_before != patch.bytes_after) {
    std::optional<uint8_t> bits = size_bits(patch.bytes_after);
    bool plain = isa::insn_mode(insn.opcode) == isa::kMem && isa::access_bytes(insn.opcode) == patch.bytes_before;
    if (!patch.resizable || !bits || !plain) {
      return fmt::format("the field has {} bytes there and {} in the object", patch.bytes_after, patch.bytes_before);
    }
    insn.opcode = static_cast<uint8_t>((insn.opcode & ~0x18) | *bits);
  }
  insn.offset = static_cast<int16_t>(patch.after);
  return std::nullopt;
}

std::optional<std::string> patch_immediate(isa::Insn& insn, const CorePatch& patch) {
  if (static_cast<uint32_t>(insn.imm) != static_cast<uint32_t>(patch.before)) return not_as_compiled();
  // A 64-bit operation sign-extends its immediate (RFC 9669, section 4.1), a 32-bit one takes it as it is.
  int64_t value = static_cast<int64_t>(patch.after);
  bool fits =
      value >= INT32_MIN && (value <= INT32_MAX || (isa::insn_class(insn.opcode) == isa::kAlu && value <= UINT32_MAX));
  if (!fits) return fmt::format("the number {} does not fit an instruction", patch.after);
  insn.imm = static_cast<int32_t>(patch.after);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> patch(std::vector<isa::Insn>& code, uint32_t index, const CorePatch& patch) {
  isa::Insn& insn = code[index];
  switch (isa::insn_class(insn.opcode)) {
    case isa::kAlu:
    case isa::kAlu64:
      if (isa::uses_register(insn.opcode)) return not_as_compiled();
      return patch_immediate(insn, patch);
    case isa::kLdx:
    case isa::kSt:
    case isa::kStx:
      return patch_access(insn, patch);
    default:
      break;
  }
  if (insn.opcode != isa::kLddw || insn.src() != isa::kLddwImm || index + 1 >= code.size()) return not_as_compiled();
  isa::Insn& high = code[index + 1];
  uint64_t before = static_cast<uint64_t>(static_cast<uint32_t>(high.imm)) << 32 | static_cast<uint32_t>(insn.imm);
  if (before != patch.before) return not_as_compiled();
  insn.imm = static_cast<int32_t>(static_cast<uint32_t>(patch.after));
  high.imm = static_cast<int32_t>(static_cast<uint32_t>(patch.after >> 32));
  return std::nullopt;
}

}  // namespace perdita::object
