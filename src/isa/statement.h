// SPDX-License-Identifier: Apache-2.0
//
// One assembled line: what the parsers of the two dialects yield before labels are known. Host only.
#pragma once

#include <string_view>

#include "isa/insn.h"
#include "isa/line_scanner.h"

namespace perdita::isa {

// The field that takes the distance to a label.
enum class TargetField : uint8_t { none, offset, imm };

struct Statement {
  Insn insn{};
  bool wide = false;     // a lddw, with its second half
  int32_t next_imm = 0;  // of the second half
  TargetField field = TargetField::none;
  std::string_view label;  // views the text; empty where `field` is none
  size_t column = 0;       // where the label stands, from 0
};

inline Statement one_slot(uint8_t opcode, unsigned dst, unsigned src, int16_t offset, int32_t imm) {
  Statement statement;
  statement.insn = {opcode, make_regs(dst, src), offset, imm};
  return statement;
}

// Each reads one statement, leaving the scanner behind it or failed.
Statement parse_kernel_style(LineScanner& line);
Statement parse_conformance_style(LineScanner& line);
// "call", behind that word: the same in both dialects.
Statement parse_call(LineScanner& line);

// Whether the line is kernel style: begins with a register, '*', "if", "goto", "gotol" or "lock *". Reads nothing.
bool is_kernel_style(LineScanner line);

// Where a jump goes: "+2", "-3", or a label. Sets the statement's `field` or its bits.
void parse_target(LineScanner& line, TargetField field, Statement& statement);

}  // namespace perdita::isa
