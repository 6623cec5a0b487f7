// SPDX-License-Identifier: Apache-2.0
//
// The interpreter's instructions that take many machine instructions anyway: out of line, so that the registers that
// the others live on stay free. Each takes the instruction behind its own and returns the next one to run, or null: the
// program has ended, with the outcome in `outcome`. The instruction alone says what to do: one routine serves many
// opcodes.
#pragma once

#include "runtime/frames.h"

namespace perdita::runtime::rare {

using isa::Insn;

const Insn* fault(const Machine& machine, const Insn* pc, Status status, Outcome& outcome);

const Insn* divide(Machine& machine, const Insn* pc);         // div and mod of every width
const Insn* move_extended(Machine& machine, const Insn* pc);  // moves that extend a sign
const Insn* byte_order(Machine& machine, const Insn* pc, Outcome& outcome);
const Insn* atomics(Machine& machine, const Insn* pc, Outcome& outcome);
const Insn* reference(Machine& machine, const Insn* pc, Outcome& outcome);  // lddw of other kinds than a number
const Insn* call(Machine& machine, const Insn* pc, Outcome& outcome);
const Insn* leave(Machine& machine, const Insn* pc, Outcome& outcome);  // exit

}  // namespace perdita::runtime::rare
