// SPDX-License-Identifier: Apache-2.0
//
// What the rest of the runtime has to know of periods; periodic.cc runs what is due.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"

namespace perdita::runtime {

// Whether the program's hook runs it with its period, or it has none where the hook has none: bad_period.
Status check_period(const Prog& prog, const perdita_hook& hook, Report& report);

// When the program that takes another's place is due: its own period after what was due last, so that a phase outlives
// its program. 0: not known yet.
uint64_t due_instead(const Prog& replaced, const Prog& fresh);

}  // namespace perdita::runtime
