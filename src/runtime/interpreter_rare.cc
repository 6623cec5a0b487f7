// SPDX-License-Identifier: Apache-2.0
#include "runtime/interpreter_rare.h"

#include "runtime/arithmetic.h"

namespace perdita::runtime::rare {
namespace {

int64_t operand(const Machine& machine, const Insn& insn) {
  return isa::uses_register(insn.opcode) ? static_cast<int64_t>(machine.reg[insn.src()]) : insn.imm;
}

}  // namespace

const Insn* fault(const Machine& machine, const Insn* pc, Status status, Outcome& outcome) {
  outcome = {status, static_cast<uint32_t>(pc - machine.first()) - 1, 0, 0};
  return nullptr;
}

const Insn* divide(Machine& machine, const Insn* pc) {
  const Insn& insn = pc[-1];
  uint64_t& dst = machine.reg[insn.dst()];
  const auto src = static_cast<uint64_t>(operand(machine, insn));
  const bool is_signed = insn.offset != 0;
  const bool wide = isa::insn_class(insn.opcode) == isa::kAlu64;
  const bool quotient = isa::insn_op(insn.opcode) == isa::kDiv;
  const auto low = static_cast<uint32_t>(dst);
  const auto divisor = static_cast<uint32_t>(src);
  if (wide) {
    dst = quotient ? divide64(dst, src, is_signed) : modulo64(dst, src, is_signed);
  } else {
    dst = quotient ? divide32(low, divisor, is_signed) : modulo32(low, divisor, is_signed);
  }
  return pc;
}

const Insn* move_extended(Machine& machine, const Insn* pc) {
  const Insn& insn = pc[-1];
  const uint64_t value = runtime::sign_extend(machine.reg[insn.src()], insn.offset);
  machine.reg[insn.dst()] = isa::insn_class(insn.opcode) == isa::kAlu64 ? value : static_cast<uint32_t>(value);
  return pc;
}

const Insn* byte_order(Machine& machine, const Insn* pc, Outcome& outcome) {
  const Insn& insn = pc[-1];
  uint64_t& dst = machine.reg[insn.dst()];
  const bool little = insn.opcode == (isa::kAlu | isa::kEnd | isa::kK);
  const bool known = little ? truncate_bits(dst, insn.imm) : swap_bytes(dst, insn.imm);
  return known ? pc : fault(machine, pc, Status::bad_instruction, outcome);
}

const Insn* atomics(Machine& machine, const Insn* pc, Outcome& outcome) {
  const Insn& insn = pc[-1];
  const auto address = static_cast<uintptr_t>(machine.reg[insn.dst()]) + static_cast<uintptr_t>(insn.offset);
  const bool known = atomic(insn, machine.reg, reinterpret_cast<void*>(address), *machine.invocation.port);
  return known ? pc : fault(machine, pc, Status::bad_instruction, outcome);
}

// lddw of other kinds than a number.
const Insn* reference(Machine& machine, const Insn* pc, Outcome& outcome) {
  const Insn& insn = pc[-1];
  const Insn& second = *pc++;
  uint64_t& dst = machine.reg[insn.dst()];
  if (insn.src() == isa::kLddwFunction) {
    dst = static_cast<uint64_t>(pc - 1 - machine.first() + insn.imm);
    return pc;
  }
  if (insn.src() != isa::kLddwMap && insn.src() != isa::kLddwMapValue) {
    return fault(machine, pc, Status::bad_instruction, outcome);
  }
  const Map* map = machine.invocation.link->maps[static_cast<uint32_t>(insn.imm)];
  dst = insn.src() == isa::kLddwMap ? reinterpret_cast<uintptr_t>(map)
                                    : reinterpret_cast<uintptr_t>(map->elements) + static_cast<uint32_t>(second.imm);
  return pc;
}

const Insn* call(Machine& machine, const Insn* pc, Outcome& outcome) {
  const Insn& insn = pc[-1];
  const Insn* const behind = pc;
  Status entered = Status::bad_instruction;
  if (insn.src() == isa::kCallLocal) {
    entered = enter_subprogram(machine, pc, (pc - machine.first()) + static_cast<int64_t>(insn.imm));
  } else if (insn.src() == isa::kCallHelper && engine_runs(insn.imm)) {
    entered = enter_loop(machine, pc, static_cast<uint32_t>(insn.imm));
  } else if (const LinkedCall* callee = find_call(machine, insn)) {
    Invocation* const invocation = const_cast<Invocation*>(&machine.invocation);
    machine.reg[0] = callee->call(invocation, &machine.reg[1]);
    if (!tail_called(machine, insn)) return pc;
    if (machine.depth == 0) {
      outcome = {kTailCalled, 0, 0, 0};
      return nullptr;
    }
    // Others wait for what runs here; the verifier refuses it.
    machine.invocation.activity->next = nullptr;
  }
  return entered == Status::ok ? pc : fault(machine, behind, entered, outcome);
}

const Insn* leave(Machine& machine, const Insn* pc, Outcome& outcome) {
  if (machine.depth == 0) {
    outcome = {Status::ok, 0, machine.reg[0], 0};
    return nullptr;
  }
  leave_subprogram(machine, pc);
  return pc;
}

}  // namespace perdita::runtime::rare
