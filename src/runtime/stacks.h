// SPDX-License-Identifier: Apache-2.0
//
// The BPF stack of each level: as large as the largest program that may run there, kept versions included, for what
// comes back must not need memory. Thread context.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// What programs of the package need at a level.
uint32_t largest_stack(const Package& package, uint32_t level);

// What a level needs for all packages and kept versions but `leaving` (may be null).
uint32_t needed_stack_bytes(const Runtime& runtime, uint32_t level, const Package* leaving);

// With the lock held: programs learn where their stack is, the lowest part of their level's.
void place_on_stacks(const Runtime& runtime);

// Levels keep no more than their programs need. What is cut off lies beyond what any of them uses.
void trim_stacks(Runtime& runtime);

}  // namespace perdita::runtime
