// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/mutate.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/disassemble.h"
#include "isa/form.h"

namespace perdita::verifier::testing {
namespace {

// Everything but the operation itself keeps its place, so that the table of subprograms stays true.
constexpr isa::Insn kNothing = {isa::kJmp | isa::kJa, 0, 0, 0};

int32_t near(int32_t number, std::mt19937_64& random) {
  constexpr int32_t kEdges[] = {0, 1, -1, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, INT32_MAX, INT32_MIN};
  auto as_unsigned = static_cast<uint32_t>(number);
  switch (random() % 6) {
    case 0:
      return static_cast<int32_t>(as_unsigned + 1);
    case 1:
      return static_cast<int32_t>(as_unsigned - 1);
    case 2:
      return static_cast<int32_t>(as_unsigned << 1);
    case 3:
      return number >> 1;
    case 4:
      return static_cast<int32_t>(0 - as_unsigned);
    default:
      return kEdges[random() % std::size(kEdges)];
  }
}

uint8_t other_operation(uint8_t opcode, const uint8_t* operations, size_t count, std::mt19937_64& random) {
  return static_cast<uint8_t>((opcode & 0x0f) | operations[random() % count]);
}

void change_arithmetic(isa::Insn& insn, std::mt19937_64& random) {
  constexpr uint8_t kOperations[] = {isa::kAdd, isa::kSub, isa::kMul, isa::kDiv, isa::kOr,  isa::kAnd,
                                     isa::kLsh, isa::kRsh, isa::kMod, isa::kXor, isa::kMov, isa::kArsh};
  bool plain = isa::insn_op(insn.opcode) != isa::kEnd && isa::insn_op(insn.opcode) != isa::kNeg;
  if (plain && !isa::uses_register(insn.opcode) && random() % 2 == 0) {
    insn.imm = near(insn.imm, random);
  } else if (plain && random() % 2 == 0) {
    insn.opcode = other_operation(insn.opcode, kOperations, std::size(kOperations), random);
    insn.offset = 0;
  } else if (insn.offset == 0 && isa::insn_op(insn.opcode) != isa::kEnd) {
    insn.opcode ^= isa::kAlu ^ isa::kAlu64;  // the other width
  } else {
    insn = kNothing;
  }
}

void change_branch(isa::Insn& insn, std::mt19937_64& random) {
  constexpr uint8_t kComparisons[] = {isa::kJeq,  isa::kJgt, isa::kJge, isa::kJset, isa::kJne, isa::kJsgt,
                                      isa::kJsge, isa::kJlt, isa::kJle, isa::kJslt, isa::kJsle};
  switch (random() % 4) {
    case 0:
      if (!isa::uses_register(insn.opcode)) {
        insn.imm = near(insn.imm, random);
        return;
      }
      [[fallthrough]];
    case 1:
      insn.opcode = other_operation(insn.opcode, kComparisons, std::size(kComparisons), random);
      return;
    case 2:
      insn.opcode ^= isa::kJmp ^ isa::kJmp32;
      return;
    default:
      insn = kNothing;
  }
}

void change_access(isa::Insn& insn, std::mt19937_64& random) {
  constexpr uint8_t kSizes[] = {isa::kB, isa::kH, isa::kW, isa::kDw};
  switch (random() % 4) {
    case 0:
      insn.offset = static_cast<int16_t>(insn.offset + 1);
      return;
    case 1:
      insn.offset = static_cast<int16_t>(insn.offset - 1);
      return;
    case 2:
      insn.opcode = static_cast<uint8_t>((insn.opcode & ~isa::kDw) | kSizes[random() % 4]);
      return;
    default:
      insn.offset = static_cast<int16_t>(insn.offset + (random() % 2 == 0 ? 8 : -8));
  }
}

void change_registers(isa::Insn& insn, std::mt19937_64& random) {
  unsigned dst = insn.dst(), src = insn.src();
  if (isa::uses_register(insn.opcode) && random() % 2 == 0) {
    src = static_cast<unsigned>(random() % 11);
  } else {
    dst = static_cast<unsigned>(random() % 10);
  }
  insn.regs = isa::make_regs(dst, src);
}

bool can_change(isa::Form form) {
  return form != isa::Form::call && form != isa::Form::exit && form != isa::Form::jump &&
         form != isa::Form::jump_wide && form != isa::Form::load_wide;
}

}  // namespace

std::string mutate(object::Prog& prog, std::mt19937_64& random) {
  std::string told;
  uint64_t changes = random() % 3 == 0 ? 1 + random() % 3 : 1;
  for (unsigned tries = 0; changes > 0 && tries < 100; tries++) {
    size_t pc = random() % prog.code.size();
    isa::Insn& insn = prog.code[pc];
    isa::Form form = isa::form_of(insn.opcode);
    bool second_half = pc > 0 && isa::form_of(prog.code[pc - 1].opcode) == isa::Form::load_wide;
    if (second_half || !can_change(form)) continue;
    const isa::Insn before = insn;
    if (random() % 6 == 0) {
      change_registers(insn, random);
    } else if (form == isa::Form::branch_immediate || form == isa::Form::branch_register) {
      change_branch(insn, random);
    } else if (form == isa::Form::load || form == isa::Form::store_immediate || form == isa::Form::store_register) {
      change_access(insn, random);
    } else if (form == isa::Form::atomic) {
      insn.offset = static_cast<int16_t>(insn.offset + 4);
    } else {
      change_arithmetic(insn, random);
    }
    if (insn == before) continue;
    told +=
        fmt::format("{}: {} instead of {}\n", pc, isa::disassemble(insn, nullptr), isa::disassemble(before, nullptr));
    changes--;
  }
  return told;
}

}  // namespace perdita::verifier::testing
