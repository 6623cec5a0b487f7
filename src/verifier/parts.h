// SPDX-License-Identifier: Apache-2.0
//
// Numbers of which only some bits are left: a mask and a shift to the right make a part of a whole. What a branch tells
// of the part is then known of the whole, and of the whole's other parts: that a flag is not set, that a number which
// is shifted down until its lowest bit is set cannot become 0. Kept from where the part is made to the end of its
// block.
#pragma once

#include "verifier/analysis.h"

namespace perdita::verifier {

// `part` is `whole` masked (bit_and) or shifted to the right (rsh) by `by`, as an instruction of 64 or of 32 bits does
// it; it may get a name. `whole` as it was before; nothing is kept where it has no name.
void record_part(Analysis& analysis, domain::Operation operation, bool wide, const RegValue& whole, uint64_t by,
                 RegValue& part);

// V(id) is one of `number`: the same for all that it is a part of, or that are parts of it. False where that is a
// contradiction: no execution comes here.
bool narrow_parts(const Analysis& analysis, State& state, uint32_t id, const Scalar64& number);

}  // namespace perdita::verifier
