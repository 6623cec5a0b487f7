// SPDX-License-Identifier: Apache-2.0
//
// One program's run, for whatever makes programs run: perdita_fire, and periodic hooks. From the context that belongs
// to the hook's level.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// Claims the level for an invocation. False where a program is active there already. One core fires hooks, so nothing
// needs ordering but the compiler's own accesses.
inline bool enter(Activity& level) {
  const uint32_t was_active = __atomic_exchange_n(&level.active, 1, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_ACQUIRE);
  return was_active == 0;
}

inline void leave(Activity& level) {
  __atomic_signal_fence(__ATOMIC_RELEASE);
  __atomic_store_n(&level.active, 0, __ATOMIC_RELAXED);
}

// Runs the program on its level, which the caller has claimed, and counts it. `clock_ns` (the clock's low half) is when
// that began, and becomes when it ended. False where the program faulted: it may be off its hook then, its `next`
// stays.
bool run_and_count(Runtime& runtime, Prog& prog, void* context, uint32_t& clock_ns, int64_t& result);

// The program that runs after `prog` has, on the same hook; null behind the last one. A fault may have had its package
// give way: the version that came back begins with the next firing.
inline Prog* behind(const Prog& prog) {
  Prog* following = prog.next;
  while (following != nullptr && !following->attached) following = following->next;
  return following;
}

// Running a program without a proof: the guarded engine, and what a proof would have promised beyond it. Releases what
// the program leaves reserved; a result outside the hook's range is the fault bad_value.
Outcome run_unproved(const Invocation& invocation);

}  // namespace perdita::runtime
