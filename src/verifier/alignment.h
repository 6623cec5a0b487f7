// SPDX-License-Identifier: Apache-2.0
//
// How addresses are aligned, as far as a proof can say: the object's own alignment, which the board promises
// (docs/spec/facts.md, "Alignment"), and what is known about the offset's low bits. Pure functions.
#pragma once

#include "perdita/contract.h"
#include "verifier/reg_value.h"

namespace perdita::verifier {

// The largest power of two, at most 8, that the address `pointer + displacement` is certainly a multiple of.
uint64_t alignment_of(const perdita_hook& hook, const RegValue& pointer, int64_t displacement);

}  // namespace perdita::verifier
