// SPDX-License-Identifier: Apache-2.0
//
// What each instruction does to a state: the abstract counterpart of RFC 9669. Each function changes the state in
// place to one that describes every execution of the instruction from the state before; what is not allowed is
// reported and its result poisoned, so that analysis goes on and finds the next error. One file per family.
#pragma once

#include "verifier/contract_check.h"

namespace perdita::verifier {

// transfer_alu.cc: arithmetic, moves, byte order, 64-bit immediates.
void transfer_alu(Analysis& analysis, State& state, uint32_t pc);
void transfer_load_wide(Analysis& analysis, State& state, uint32_t pc);

// transfer_memory.cc
void transfer_load(Analysis& analysis, State& state, uint32_t pc);
void transfer_store(Analysis& analysis, State& state, uint32_t pc);
void transfer_atomic(Analysis& analysis, State& state, uint32_t pc);

// transfer_branch.cc: `state` becomes the state where the branch is taken, `other`, null before, the one where it is
// not; each false where no execution goes that way. Null afterwards: exactly one of the two is taken, and `state` is
// its state, as nothing had to be kept for the other.
struct Arms {
  bool taken, not_taken;
};
Arms transfer_branch(Analysis& analysis, State& state, std::unique_ptr<State>& other, uint32_t pc);

// transfer_legacy.cc: packet access of classic BPF.
void transfer_legacy(Analysis& analysis, State& state, uint32_t pc);

// transfer_call.cc: helpers and functions of the platform, by their contracts.
void transfer_call(Analysis& analysis, State& state, uint32_t pc);
const perdita_function& called_function(const Analysis& analysis, uint32_t pc);
// The part that is common with helpers that call back: arguments checked and gone, r0 poison, the routine's cost added.
// Empty where the call was refused.
std::optional<CheckedCall> begin_call(Analysis& analysis, State& state, uint32_t pc);

// transfer_frame.cc: into a subprogram (`live_after`: registers that are read again behind the call), back out of it,
// and out of the program.
void transfer_enter(State& state, uint32_t subprogram, uint32_t call_site, uint16_t live_after);
void transfer_return(Analysis& analysis, State& state, uint32_t pc);
void check_callback_result(Analysis& analysis, State& state, uint32_t pc);
void check_exit(Analysis& analysis, State& state, uint32_t pc);

// Every instruction that is neither a branch, a jump, a call of a subprogram nor an exit.
void transfer(Analysis& analysis, State& state, uint32_t pc);

// The source operand of arithmetic, a store or a branch: a register, or the immediate sign-extended to 64 bits (RFC
// 9669, section 4; also for stores, whose low bytes are then taken).
RegValue source_operand(const State& state, const isa::Insn& insn);

}  // namespace perdita::verifier
