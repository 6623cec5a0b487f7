// SPDX-License-Identifier: Apache-2.0
//
// One program's run, for whatever makes programs run: perdita_fire, and periodic hooks. From the context that belongs
// to the hook's level.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// Claims the level for an invocation. False where a program is active there already.
bool enter(Runtime& runtime, Level& level);
void leave(Level& level);

// Runs the program on its level, which the caller has claimed, and counts it. `started` is when that began, and becomes
// when it ended. False where the program faulted: it is off its hook then.
bool run_and_count(Runtime& runtime, Prog& prog, void* context, uint64_t& started, int64_t& result);

}  // namespace perdita::runtime
