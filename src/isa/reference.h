// SPDX-License-Identifier: Apache-2.0
//
// What an instruction means, in the plainest words that RFC 9669 allows: one instruction on plain values, no state, no
// speed. Tests hold the engines, the verifier's domains and the code generators to it; nothing that ships uses it. It
// shares no code with them on purpose. Host only. Instructions must be ones that validate accepts.
#pragma once

#include "isa/insn.h"

namespace perdita::isa {

// Arithmetic (section 4.1) and byte swaps (section 4.2): what becomes of dst. `src` is the value of the source
// register, not looked at where the instruction has an immediate.
uint64_t reference_arithmetic(const Insn& insn, uint64_t dst, uint64_t src);

// Whether a conditional jump is taken (section 4.3).
bool reference_taken(const Insn& insn, uint64_t dst, uint64_t src);

// The register after a load (sections 5.1 and 5.2) of `bits`, of which the instruction's size counts.
uint64_t reference_loaded(const Insn& insn, uint64_t bits);

// An atomic operation (section 5.3) on `memory`, of which the instruction's size counts.
struct AtomicOutcome {
  uint64_t memory;  // afterwards, zero-extended
  uint64_t src;
  uint64_t r0;
};
AtomicOutcome reference_atomic(const Insn& insn, uint64_t memory, uint64_t src, uint64_t r0);

}  // namespace perdita::isa
