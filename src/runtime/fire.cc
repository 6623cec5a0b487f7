// SPDX-License-Identifier: Apache-2.0
//
// Firing a hook: the programs attached to it, one after the other, on the stack of its level. What every firing pays is
// counted (boards/common/tests/fire_cost_test.cc); what is rare stands out of its way.
#include "runtime/fire.h"

#include "isa/hook_result.h"
#include "runtime/fault.h"
#include "runtime/reservation.h"

namespace perdita::runtime {

Outcome run_unproved(const Invocation& invocation) {
  Outcome outcome = run_guarded(invocation);
  // Without a proof nobody else has.
  release_reservations(*invocation.activity);
  // The hook's owner relies on the range, and nothing has proved it.
  const perdita_hook& hook = *invocation.hook;
  const int64_t result = isa::hook_result(hook, outcome.result);
  if (outcome.status == Status::ok && (result < hook.result_min || result > hook.result_max)) {
    outcome.status = Status::bad_value;
  }
  return outcome;
}

namespace {

[[gnu::always_inline]] inline uint32_t clock_of(const Prog& prog) {
  return static_cast<uint32_t>(prog.port->core.clock_ns(prog.port->user));
}

// Counts a run that began at `clock_ns` and has just ended, which becomes the time of that.
[[gnu::always_inline]] inline void count_ended(Prog& prog, uint32_t& clock_ns) {
  const uint32_t ended_ns = clock_of(prog);
  count_run(prog.stats, ended_ns - clock_ns);
  clock_ns = ended_ns;
}

// Runs the program once, whatever it ends with.
[[gnu::always_inline]] inline Outcome run_once(Prog& prog, void* context, uint32_t& clock_ns) {
  prog.context = context;
  const Outcome outcome = prog.run(prog);
  count_ended(prog, clock_ns);
  return outcome;
}

inline int64_t take_result(Prog& prog, uint64_t r0) {
  const int64_t result = prog.narrow_result ? static_cast<int32_t>(r0) : static_cast<int64_t>(r0);
  prog.stats.last_result = result;
  return result;
}

[[gnu::noinline]] int64_t count_misses(Runtime& runtime, uint32_t hook) {
  Lock lock(port_of(runtime));
  for (Prog* prog = runtime.hooks[hook].first; prog != nullptr; prog = prog->next) prog->stats.misses++;
  return 0;
}

// Behind a run that did not end by itself: goes on through what it tail-called, to the result or the fault of the last
// one. Each program of the chain counts for itself; guarded, the first one's steps are all that the chain has. What a
// fault means for the hook is the first one's to bear: it stands there. False where the chain faulted.
[[gnu::noinline]] bool end_otherwise(Runtime& runtime, Prog& first, const Outcome& ended, uint32_t& clock_ns,
                                     int64_t& result) {
  Outcome outcome = ended;
  Activity& activity = *first.activity;
  Prog* running = &first;
  uint64_t steps = first.steps;
  for (Prog* next = activity.next; outcome.status == kTailCalled && next != nullptr; next = activity.next) {
    steps -= outcome.steps;
    running = next;
    activity.next = nullptr;
    Invocation invocation = *running;
    invocation.context = first.context;
    invocation.steps = steps;
    outcome = running->run(invocation);
    count_ended(*running, clock_ns);
  }
  activity.next = nullptr;
  activity.tail_calls = 0;
  if (outcome.status != Status::ok) {
    take_fault(runtime, *running, first, outcome);
    return false;
  }
  result = take_result(*running, outcome.result);
  return true;
}

// The same where the program is alone on its hook: the hook's result. Of its own, so that nothing of the usual way
// lives in memory.
[[gnu::noinline]] int64_t end_alone(Runtime& runtime, Prog& prog, const Outcome& ended) {
  uint32_t clock_ns = clock_of(prog);
  int64_t result = 0;
  return end_otherwise(runtime, prog, ended, clock_ns, result) ? result : 0;
}

// Several programs: from `prog` on, whose clock has started.
[[gnu::noinline]] int64_t fire_all(Runtime& runtime, Prog* prog, void* context, uint32_t clock_ns) {
  const uint8_t combine = prog->hook->combine;
  int64_t combined = 0;
  bool any = false;
  for (; prog != nullptr; prog = behind(*prog)) {
    int64_t result = 0;
    if (!run_and_count(runtime, *prog, context, clock_ns, result)) continue;
    if (combine != PERDITA_COMBINE_MAX || !any || result > combined) combined = result;
    any = true;
    if (combine == PERDITA_COMBINE_FIRST_NONZERO && result != 0) break;
  }
  return combined;
}

// What a hook does whose first program is `prog`. Apart from the empty hook's way, which saves no registers. Until the
// level is claimed a program of higher priority may have had `prog` taken off its hook: then it runs this once more.
[[gnu::noinline]] int64_t fire(Runtime& runtime, Prog& prog, void* context) {
  if (!enter(*prog.activity)) return count_misses(runtime, prog.hook_index);
  uint32_t clock_ns = clock_of(prog);
  int64_t result = 0;
  if (__builtin_expect(prog.next != nullptr, 0)) {
    result = fire_all(runtime, &prog, context, clock_ns);
  } else {
    // One program's result is the hook's, however results combine.
    const Outcome outcome = run_once(prog, context, clock_ns);
    if (__builtin_expect(outcome.status == Status::ok, 1)) {
      result = take_result(prog, outcome.result);
    } else {
      result = end_alone(runtime, prog, outcome);
    }
  }
  leave(*prog.activity);
  return result;
}

}  // namespace

bool run_and_count(Runtime& runtime, Prog& prog, void* context, uint32_t& clock_ns, int64_t& result) {
  const Outcome outcome = run_once(prog, context, clock_ns);
  if (outcome.status != Status::ok) return end_otherwise(runtime, prog, outcome, clock_ns, result);
  result = take_result(prog, outcome.result);
  return true;
}

}  // namespace perdita::runtime

using namespace perdita::runtime;  // NOLINT: this is the C face of that namespace

extern "C" int64_t perdita_fire(perdita_runtime* runtime, uint32_t hook, void* context) {
  // Hooks that the platform has not have no programs either.
  if (hook >= PERDITA_MAX_HOOKS) return 0;
  Prog* const prog = runtime->hooks[hook].first;
  return prog != nullptr ? fire(*runtime, *prog, context) : 0;
}
