// SPDX-License-Identifier: Apache-2.0
//
// The table of instructions: for every opcode what form of instruction it is, and for every form what its four fields
// mean, which of them are reserved (and must be zero), and which registers it reads and writes (RFC 9669, sections 4
// and 5). Validator, disassembler, assembler, verifier and engines all ask here, so they cannot disagree.
// Freestanding; constant data; any context; constant time.
#pragma once

#include "isa/insn.h"

namespace perdita::isa {

enum class Form : uint8_t {
  invalid,           // no instruction of RFC 9669
  legacy,            // packet access of classic BPF (section 5.4, deprecated): refused
  load_wide,         // dst = 64-bit immediate or reference; two slots
  load,              // dst = *(size *)(src + offset), zero- or sign-extended
  store_immediate,   // *(size *)(dst + offset) = imm
  store_register,    // *(size *)(dst + offset) = src
  atomic,            // lock *(size *)(dst + offset) op= src
  alu_immediate,     // dst op= imm
  alu_register,      // dst op= src
  divide_immediate,  // dst /= imm, dst %= imm; offset 1: signed
  divide_register,   // dst /= src, dst %= src; offset 1: signed
  move_immediate,    // dst = imm
  move_register32,   // dst = src; offset 8, 16: sign-extended from there
  move_register64,   // dst = src; offset 8, 16, 32: sign-extended from there
  negate,            // dst = -dst
  byte_order,        // dst = le, be or swap of its low imm bits
  jump,              // goto offset
  jump_wide,         // goto imm
  branch_immediate,  // if dst op imm goto offset
  branch_register,   // if dst op src goto offset
  call,              // helper, subprogram or function: by src
  exit,
};

enum class RegisterRule : uint8_t {
  reserved,       // must be 0
  read,           // r0 to r10
  write,          // r0 to r9
  read_write,     // r0 to r9
  by_operation,   // atomic: read, and written too where the operation fetches into it
  reference_kind  // load_wide and call: what imm refers to
};

enum class OffsetRule : uint8_t { reserved, displacement, target, signed_division, extension32, extension64 };

enum class ImmRule : uint8_t { reserved, value, target, swap_bits, atomic_operation, reference };

struct FormRules {
  RegisterRule dst;
  RegisterRule src;
  OffsetRule offset;
  ImmRule imm;
};

struct FormTable {
  Form forms[256];
};
extern const FormTable kForms;

inline Form form_of(uint8_t opcode) { return kForms.forms[opcode]; }
FormRules rules_of(Form form);

// Whether `imm` is one of the operations of an atomic instruction (section 5.3).
bool is_atomic_operation(int32_t imm);

// Width of the operands of arithmetic and jumps in bits: 32 or 64. Only for those classes.
constexpr unsigned operand_bits(uint8_t opcode) {
  const uint8_t group = insn_class(opcode);
  return group == kAlu64 || group == kJmp ? 64 : 32;
}

// Registers that an instruction reads and writes, a bit per register. A call writes r0 to r5 (section 2); what it reads
// is the contract of what is called, and not in here. Only for instructions that validate accepts.
struct RegisterUse {
  uint16_t reads;
  uint16_t writes;
};
RegisterUse register_use(const Insn& insn);

}  // namespace perdita::isa
