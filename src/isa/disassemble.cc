// SPDX-License-Identifier: Apache-2.0
#include "isa/disassemble.h"

#include <fmt/format.h>

#include "isa/form.h"
#include "isa/mnemonics.h"

namespace perdita::isa {
namespace {

std::string reg(unsigned number, bool narrow) { return fmt::format("{}{}", narrow ? 'w' : 'r', number); }

// "r1 + 4", "r1 - 4"
std::string address(unsigned base, int offset) {
  return fmt::format("r{} {} {}", base, offset < 0 ? '-' : '+', offset < 0 ? -offset : offset);
}

std::string_view size_bits(uint8_t opcode) {
  for (const SizeName& row : kSizeNames) {
    if (row.size == (opcode & kDw)) return row.bits;
  }
  return {};
}

std::string memory(uint8_t opcode, unsigned base, int offset) {
  const char sign = insn_class(opcode) == kLdx && insn_mode(opcode) == kMemSx ? 's' : 'u';
  return fmt::format("*({}{} *)({})", sign, size_bits(opcode), address(base, offset));
}

// The second operand of arithmetic or a condition.
std::string operand(const Insn& insn, bool narrow) {
  return uses_register(insn.opcode) ? reg(insn.src(), narrow) : fmt::format("{}", insn.imm);
}

std::string arithmetic(const Insn& insn) {
  const bool narrow = operand_bits(insn.opcode) == 32;
  const uint8_t op = insn_op(insn.opcode);
  for (const ArithmeticName& row : kArithmeticNames) {
    if (row.op == op && row.offset == insn.offset) {
      return fmt::format("{} {} {}", reg(insn.dst(), narrow), row.sign, operand(insn, narrow));
    }
  }
  // A move that extends; its offset is the width it extends from.
  return fmt::format("{} = (s{}){}", reg(insn.dst(), narrow), insn.offset, operand(insn, narrow));
}

std::string swap(const Insn& insn) {
  for (const SwapName& row : kSwapNames) {
    if (row.opcode == insn.opcode) return fmt::format("r{0} = {1}{2} r{0}", insn.dst(), row.name, insn.imm);
  }
  return {};
}

std::string branch(const Insn& insn) {
  const bool narrow = operand_bits(insn.opcode) == 32;
  for (const ConditionName& row : kConditionNames) {
    if (row.op == insn_op(insn.opcode)) {
      return fmt::format("if {} {} {} goto {:+}", reg(insn.dst(), narrow), row.sign, operand(insn, narrow),
                         insn.offset);
    }
  }
  return {};
}

std::string atomic(const Insn& insn) {
  const bool narrow = access_bytes(insn.opcode) == 4;
  const std::string where = address(insn.dst(), insn.offset);
  const std::string source = reg(insn.src(), narrow);
  const std::string_view kind = narrow ? "32_32" : "_64";
  if (insn.imm == kXchg) return fmt::format("{0} = xchg{1}({2}, {0})", source, kind, where);
  if (insn.imm == kCmpxchg) return fmt::format("{0} = cmpxchg{1}({2}, {0}, {3})", reg(0, narrow), kind, where, source);
  for (const AtomicName& row : kAtomicNames) {
    if (row.op == insn.imm) {
      return fmt::format("lock {} {} {}", memory(insn.opcode, insn.dst(), insn.offset), row.sign, source);
    }
    if ((row.op | kFetch) == insn.imm) {
      return fmt::format("{0} = atomic_fetch_{1}((u{2} *)({3}), {0})", source, row.name, size_bits(insn.opcode), where);
    }
  }
  return fmt::format("invalid (atomic operation 0x{:x})", static_cast<uint32_t>(insn.imm));
}

std::string load_wide(const Insn& insn, const Insn* next) {
  if (next == nullptr) return "invalid (half a lddw)";
  switch (insn.src()) {
    case kLddwImm:
      return fmt::format("r{} = 0x{:x} ll", insn.dst(),
                         uint64_t{static_cast<uint32_t>(insn.imm)} | uint64_t{static_cast<uint32_t>(next->imm)} << 32);
    case kLddwFunction:
      return fmt::format("r{} = subprog[{:+}]", insn.dst(), insn.imm);
    case kLddwMap:
      return fmt::format("r{} = map[{}]", insn.dst(), insn.imm);
    case kLddwMapValue:
      return fmt::format("r{} = map[{}][0]+{}", insn.dst(), insn.imm, static_cast<uint32_t>(next->imm));
    default:
      return fmt::format("invalid (lddw of kind {})", insn.src());
  }
}

std::string call(const Insn& insn) {
  switch (insn.src()) {
    case kCallHelper:
      return fmt::format("call {}", insn.imm);
    case kCallLocal:
      return fmt::format("call pc{:+}", insn.imm);
    case kCallFunction:
      return fmt::format("call function[{}]", insn.imm);
    default:
      return fmt::format("invalid (call of kind {})", insn.src());
  }
}

}  // namespace

std::string disassemble(const Insn& insn, const Insn* next) {
  switch (form_of(insn.opcode)) {
    case Form::load_wide:
      return load_wide(insn, next);
    case Form::load:
      return fmt::format("r{} = {}", insn.dst(), memory(insn.opcode, insn.src(), insn.offset));
    case Form::store_immediate:
      return fmt::format("{} = {}", memory(insn.opcode, insn.dst(), insn.offset), insn.imm);
    case Form::store_register:
      return fmt::format("{} = r{}", memory(insn.opcode, insn.dst(), insn.offset), insn.src());
    case Form::atomic:
      return atomic(insn);
    case Form::alu_immediate:
    case Form::alu_register:
    case Form::divide_immediate:
    case Form::divide_register:
    case Form::move_immediate:
    case Form::move_register32:
    case Form::move_register64:
      return arithmetic(insn);
    case Form::negate: {
      const std::string dst = reg(insn.dst(), operand_bits(insn.opcode) == 32);
      return fmt::format("{0} = -{0}", dst);
    }
    case Form::byte_order:
      return swap(insn);
    case Form::jump:
      return fmt::format("goto {:+}", insn.offset);
    case Form::jump_wide:
      return fmt::format("gotol {:+}", insn.imm);
    case Form::branch_immediate:
    case Form::branch_register:
      return branch(insn);
    case Form::call:
      return call(insn);
    case Form::exit:
      return "exit";
    case Form::invalid:
    case Form::legacy:
      return fmt::format("invalid (opcode 0x{:02x})", insn.opcode);
  }
  return {};
}

std::string disassemble(Span<const Insn> code) {
  std::string out;
  for (size_t pc = 0; pc < code.size(); pc++) {
    const size_t at = pc;
    const Insn* next = nullptr;
    if (code[pc].opcode == kLddw && pc + 1 < code.size()) next = &code[++pc];
    out += fmt::format("{:4}: {}\n", at, disassemble(code[at], next));
  }
  return out;
}

}  // namespace perdita::isa
