// SPDX-License-Identifier: Apache-2.0
#include "verifier/transfer.h"

#include "isa/form.h"

namespace perdita::verifier {

RegValue source_operand(const State& state, const isa::Insn& insn) {
  if (isa::uses_register(insn.opcode)) return state.regs[insn.src()];
  return RegValue::constant(static_cast<uint64_t>(static_cast<int64_t>(insn.imm)));
}

void transfer(Analysis& analysis, State& state, uint32_t pc) {
  switch (isa::form_of(analysis.insn(pc).opcode)) {
    case isa::Form::load_wide:
      return transfer_load_wide(analysis, state, pc);
    case isa::Form::load:
      return transfer_load(analysis, state, pc);
    case isa::Form::store_immediate:
    case isa::Form::store_register:
      return transfer_store(analysis, state, pc);
    case isa::Form::atomic:
      return transfer_atomic(analysis, state, pc);
    case isa::Form::call:
      return transfer_call(analysis, state, pc);
    case isa::Form::legacy:
      return transfer_legacy(analysis, state, pc);
    default:
      return transfer_alu(analysis, state, pc);
  }
}

}  // namespace perdita::verifier
