// SPDX-License-Identifier: Apache-2.0
//
// Which programs run at which hook. Each function takes the port's lock for as long as the lists change, which is
// linear in the programs attached. Thread context with no program running below; detach also where a hook's program has
// just faulted, at its level.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// Behind what is attached to its hook. Not attached yet.
void attach(Runtime& runtime, Prog& prog);
void detach(Runtime& runtime, Prog& prog);
// With the lock held: off its hook, wanted or not.
void take_off(Runtime& runtime, Prog& prog);

// With the lock held: `fresh` takes the place of `old` on every hook. A program of `fresh` stands where the program of
// the same name and hook stood, or at the end, if it is wanted. Either may be null. Programs of `old` keep their place
// in line: whoever was interrupted at one finds his way on.
void exchange_attached(Runtime& runtime, const Package* old, Package* fresh);

}  // namespace perdita::runtime
