// SPDX-License-Identifier: Apache-2.0
//
// BPF's operations as Thumb's. Inside this room only.
#pragma once

#include "isa/insn.h"
#include "jit/thumb2/encode.h"

namespace perdita::jit::thumb2 {

inline Op operation(uint8_t op) {
  switch (op) {
    case isa::kAnd:
      return Op::and_;
    case isa::kOr:
      return Op::orr;
    default:
      return Op::eor;
  }
}

inline Shift shift_of(uint8_t op) {
  if (op == isa::kLsh) return Shift::lsl;
  return op == isa::kRsh ? Shift::lsr : Shift::asr;
}

}  // namespace perdita::jit::thumb2
