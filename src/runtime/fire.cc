// SPDX-License-Identifier: Apache-2.0
//
// Firing a hook: the programs attached to it, one after the other, on the stack of its level.
#include "isa/hook_result.h"
#include "runtime/attach.h"
#include "runtime/reservation.h"

namespace perdita::runtime {
namespace {

// Runs one program of a chain of tail calls; where it tail-called, activity.next is the one that comes next.
Outcome run(const Runtime& runtime, const Prog& prog, const perdita_hook& hook, const Level& level, void* context,
            uint64_t steps, Activity& activity) {
  const Invocation invocation = {runtime.config->port,
                                 &prog.package->link,
                                 prog.code,
                                 prog.subprograms,
                                 &hook,
                                 context,
                                 0,
                                 MutableBytes(level.stack, prog.stack_bytes),
                                 steps,
                                 &activity};
  if (prog.engine == PERDITA_ENGINE_INTERPRETER) return run_interpreter(invocation);
  Outcome outcome = run_guarded(invocation);
  // Without a proof nobody else has.
  release_reservations(activity);
  if (activity.next != nullptr) return outcome;
  // The hook's owner relies on the range, and nothing has proved it.
  const int64_t result = isa::hook_result(hook, outcome.result);
  if (outcome.status == Status::ok && (result < hook.result_min || result > hook.result_max)) {
    outcome.status = Status::bad_value;
  }
  return outcome;
}

// Claims the level for an invocation. False where a program is active there already.
bool enter(Runtime& runtime, Level& level) {
  Lock lock(port_of(runtime));
  if (level.active) return false;
  level.active = true;
  return true;
}

void count_misses(Runtime& runtime, Prog* prog) {
  Lock lock(port_of(runtime));
  for (; prog != nullptr; prog = prog->next) prog->stats.misses++;
}

}  // namespace
}  // namespace perdita::runtime

using perdita::Status;
using perdita::runtime::Activity;
using perdita::runtime::Outcome;
using perdita::runtime::Prog;
using perdita::runtime::ProgStats;

extern "C" int64_t perdita_fire(perdita_runtime* runtime, uint32_t hook_index, void* context) {
  const perdita_platform& platform = *runtime->config->platform;
  if (hook_index >= platform.hook_count) return 0;
  Prog* prog = runtime->hooks[hook_index].first;
  if (prog == nullptr) return 0;

  const perdita_hook& hook = platform.hooks[hook_index];
  const perdita_port& port = *runtime->config->port;
  perdita::runtime::Level& level = runtime->levels[hook.level];
  if (!perdita::runtime::enter(*runtime, level)) {
    perdita::runtime::count_misses(*runtime, prog);
    return 0;
  }
  int64_t combined = 0;
  bool any = false;
  uint64_t started = port.core.clock_ns(port.user);
  // Read again: until the level was claimed, a caller of higher priority could have had a program here fault.
  Prog* following = nullptr;
  for (prog = runtime->hooks[hook_index].first; prog != nullptr; prog = following) {
    Activity activity = {};
    Prog* running = prog;
    // Guarded: of the chain, whatever programs it is made of.
    uint64_t steps = prog->steps;
    Outcome outcome;
    for (;;) {
      activity.running = running;
      outcome = perdita::runtime::run(*runtime, *running, hook, level, context, steps, activity);
      const uint64_t ended = port.core.clock_ns(port.user);
      ProgStats& stats = running->stats;
      stats.runs++;
      stats.time_ns += ended - started;
      if (ended - started > stats.longest_ns) stats.longest_ns = ended - started;
      started = ended;
      if (activity.next == nullptr) break;
      steps -= outcome.steps;
      running = activity.next;
      activity.next = nullptr;
    }
    ProgStats& stats = running->stats;
    if (outcome.status != Status::ok) {
      stats.faults++;
      stats.last_fault = outcome.status;
      stats.last_fault_pc = outcome.pc;
      perdita::runtime::detach(*runtime, *running);
    }
    // Behind the chain: it may have taken any program of this hook off it. One that is off still knows what followed.
    following = prog->next;
    if (outcome.status != Status::ok) continue;
    const int64_t result = perdita::isa::hook_result(hook, outcome.result);
    stats.last_result = result;
    if (hook.combine != PERDITA_COMBINE_MAX || !any || result > combined) combined = result;
    any = true;
    if (hook.combine == PERDITA_COMBINE_FIRST_NONZERO && result != 0) break;
  }
  __atomic_store_n(&level.active, false, __ATOMIC_RELEASE);
  return combined;
}
