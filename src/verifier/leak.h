// SPDX-License-Identifier: Apache-2.0
//
// Where control leaves whoever has to release a reservation, nothing of his may be held: at the program's end, at a
// tail call, and at the end of a callback.
#pragma once

#include "verifier/analysis.h"

namespace perdita::verifier {

// False, and reported at each place that reserved, where reservations of the running program or callback are held at
// `pc`; it is let go of then, so that it is reported once. `where` ends the message's sentence.
bool check_nothing_held(Analysis& analysis, State& state, uint32_t pc, const char* where);

}  // namespace perdita::verifier
