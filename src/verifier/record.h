// SPDX-License-Identifier: Apache-2.0
//
// What arithmetic says about several numbers at once, for states that keep such facts (linear.h). Does nothing where
// the analysis does not want them.
#pragma once

#include "verifier/analysis.h"
#include "verifier/domain/scalar.h"

namespace perdita::verifier {

// What is known of the number that the value counts from, for the time when no value does any more.
void record_range(const Analysis& analysis, State& state, const RegValue& value);
// `result` is what the operation made of x and y, numbers; `wide`: of all 64 bits, otherwise of the lower 32. It may
// get a name, and a smaller range than its operands' ranges say.
void record_arithmetic(Analysis& analysis, State& state, domain::Operation operation, bool wide, const RegValue& x,
                       const RegValue& y, RegValue& result);
// `result` is minus x, or x with all bits exchanged less what is added: -x - less.
void record_negation(Analysis& analysis, State& state, bool wide, const RegValue& x, int64_t less, RegValue& result);
// `moved` is the pointer `from` with the number added. It may get a name for its offset.
void record_offset(Analysis& analysis, State& state, const RegValue& from, const RegValue& number, RegValue& moved);
// `result` is how far apart two pointers into one object are, whose end is one of the two where it is a packet's.
void record_distance(Analysis& analysis, State& state, const RegValue& a, const RegValue& b, RegValue& result);

// What facts about several numbers tell of the value, or of the pointer's offset. Sound: both hold the value.
Scalar64 sharpened(const State& state, const RegValue& value);

}  // namespace perdita::verifier
