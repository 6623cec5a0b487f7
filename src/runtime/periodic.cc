// SPDX-License-Identifier: Apache-2.0
//
// Periodic hooks: each of their programs has a period and a time when it is due next. A program that comes onto its
// hook is due a period after the hook was first looked at with it; from then on the times keep their phase, whatever a
// run takes and however late it is. What came due more than once is run once. At most two divisions, and those only for
// a program that is late.
#include "runtime/periodic.h"

#include "perdita/period.h"
#include "runtime/fire.h"

namespace perdita::runtime {
namespace {

constexpr uint64_t kNever = UINT64_MAX;
constexpr uint32_t kNsPerUs = 1000;

void count_misses(const Runtime& runtime, Prog& prog, uint64_t missed) {
  Lock lock(port_of(runtime));
  prog.stats.misses += missed;
}

// Runs the program if it is due at `now_ns`, which becomes the time when that ended.
void run_if_due(Runtime& runtime, Prog& prog, uint64_t& now_ns) {
  const uint64_t period_ns = uint64_t{prog.period_us} * kNsPerUs;
  if (prog.due_ns == 0) prog.due_ns = now_ns + period_ns;
  if (now_ns < prog.due_ns) return;
  uint64_t missed = 0;
  if (now_ns - prog.due_ns >= period_ns) {
    missed = (now_ns - prog.due_ns) / period_ns;
    prog.due_ns += missed * period_ns;
    count_misses(runtime, prog, missed);
  }
  perdita_period context = {now_ns, prog.due_ns, prog.period_us,
                            missed < UINT32_MAX ? static_cast<uint32_t>(missed) : UINT32_MAX};
  prog.due_ns += period_ns;
  int64_t result = 0;
  const uint32_t started_ns = static_cast<uint32_t>(now_ns);
  uint32_t clock_ns = started_ns;
  run_and_count(runtime, prog, &context, clock_ns, result);
  now_ns += clock_ns - started_ns;
}

}  // namespace

Status check_period(const Prog& prog, const perdita_hook& hook, Report& report) {
  if (prog.period_us < hook.period_min_us) {
    return report.refuse(Status::bad_period, prog.name, hook.period_min_us, prog.period_us);
  }
  if (prog.period_us > hook.period_max_us) {
    return report.refuse(Status::bad_period, prog.name, hook.period_max_us, prog.period_us);
  }
  return Status::ok;
}

uint64_t due_instead(const Prog& replaced, const Prog& fresh) {
  if (replaced.due_ns == 0) return 0;
  return replaced.due_ns - uint64_t{replaced.period_us} * kNsPerUs + uint64_t{fresh.period_us} * kNsPerUs;
}

}  // namespace perdita::runtime

extern "C" uint64_t perdita_run_due(perdita_runtime* runtime, uint32_t hook_index) {
  using namespace perdita::runtime;  // NOLINT: this is the C face of that namespace
  const perdita_platform& platform = *runtime->config->platform;
  if (hook_index >= platform.hook_count || platform.hooks[hook_index].period_max_us == 0) return kNever;
  if (runtime->hooks[hook_index].first == nullptr) return kNever;

  const perdita_port& port = port_of(*runtime);
  uint64_t now_ns = port.core.clock_ns(port.user);
  Level& level = runtime->levels[platform.hooks[hook_index].level];
  // Nothing is lost: what is due stays due.
  if (!enter(level)) return now_ns;
  for (Prog* prog = runtime->hooks[hook_index].first; prog != nullptr; prog = behind(*prog)) {
    run_if_due(*runtime, *prog, now_ns);
  }
  // Asked afterwards: a fault may have brought other programs.
  uint64_t next_ns = kNever;
  for (const Prog* prog = runtime->hooks[hook_index].first; prog != nullptr; prog = prog->next) {
    const uint64_t due_ns = prog->due_ns != 0 ? prog->due_ns : now_ns;
    if (due_ns < next_ns) next_ns = due_ns;
  }
  leave(level);
  return next_ns;
}
