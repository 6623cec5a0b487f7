// SPDX-License-Identifier: Apache-2.0
//
// Numbers of which only some bits are left, or that got some, or that were moved around the circle of 2^32: a mask, a
// shift to the right, `|`, and `+` of 32 bits make a part of a whole. What a branch tells of the part is then known of
// the whole, and of the whole's other parts: that a flag is not set, that a number which is shifted down until its
// lowest bit is set cannot become 0, that (a | b) < 8 bounds both; and "x - 1 < 16", which is what compilers make of
// two comparisons. Likewise numbers that are the distance of two pointers: end - p >= 8. Kept from where they are made
// to the end of the block.
#pragma once

#include "verifier/analysis.h"

namespace perdita::verifier {

// `part` is what an instruction of 64 or of 32 bits makes of `whole`, as it was before: masked by a constant (bit_and),
// shifted by one to the right (rsh), with something added to its bits (bit_or, `by` is of no use), or with a constant
// added (add, of 32 bits). It may get a name; nothing is kept where the whole has none.
void record_part(Analysis& analysis, domain::Operation operation, bool wide, const RegValue& whole, uint64_t by,
                 RegValue& part);

// `number` is how far `to` lies behind `from`, pointers into one object; `low`: its lower 32 bits, zero-extended. It
// may get a name, for what a branch tells of it to be known of the two.
void record_apart(Analysis& analysis, const RegValue& to, const RegValue& from, bool low, RegValue& number);

// `number` is how far `to` lies behind `from`, pointers into one object; `low`: its lower 32 bits, zero-extended. It
// may get a name, for what a branch tells of it to be known of the two.
void record_apart(Analysis& analysis, const RegValue& to, const RegValue& from, bool low, RegValue& number);

// V(id) is one of `number`: the same for all that it is a part of, or that are parts of it. False where that is a
// contradiction: no execution comes here.
bool narrow_parts(const Analysis& analysis, State& state, uint32_t id, const Scalar64& number);

}  // namespace perdita::verifier
