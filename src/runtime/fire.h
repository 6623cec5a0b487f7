// SPDX-License-Identifier: Apache-2.0
//
// Running a program without a proof for its hook: the guarded engine, and what a proof would have promised beyond it.
// At the program's level.
#pragma once

#include "runtime/engine.h"

namespace perdita::runtime {

// Releases what the program leaves reserved; a result outside the hook's range is the fault bad_value.
Outcome run_unproved(const Invocation& invocation);

}  // namespace perdita::runtime
