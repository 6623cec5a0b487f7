// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "isa/statement.h"

namespace perdita::isa {

void parse_target(LineScanner& line, TargetField field, Statement& statement) {
  statement.column = line.column();
  if (!line.peek_word().empty()) {
    statement.label = line.word();
    statement.field = field;
    return;
  }
  if (field == TargetField::offset) {
    statement.insn.offset = line.expect_displacement();
  } else {
    statement.insn.imm = line.expect_distance(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
  }
}

Statement parse_call(LineScanner& line) {
  Statement statement;
  statement.insn.opcode = kJmp | kCall;
  if (line.number_follows()) {
    statement.insn.imm = line.expect_imm32();
    return statement;
  }
  if (line.accept("function")) {
    statement.insn.regs = make_regs(0, kCallFunction);
    line.expect("[");
    statement.insn.imm = line.expect_imm32();
    line.expect("]");
    return statement;
  }
  if (!line.accept("pc")) line.accept("local");  // "call pc+5", "call pc label", "call local label", "call label"
  statement.insn.regs = make_regs(0, kCallLocal);
  parse_target(line, TargetField::imm, statement);
  return statement;
}

}  // namespace perdita::isa
