// SPDX-License-Identifier: Apache-2.0
//
// What a fault does: it is counted and told, and the program that has faulted as often as its platform lets it
// (perdita_config.fault_threshold, counted since it was attached) leaves its hook, or its whole package gives way to
// the version before it. At the level of the program; holds the port's lock for a time linear in the programs attached.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// `fired` is the program on the hook whose chain of tail calls `prog` ended; mostly the same.
void take_fault(Runtime& runtime, Prog& prog, Prog& fired, const Outcome& outcome);

// What is known of the last fault of a program of that name, or null. With the lock held.
const FaultRecord* find_fault(const Runtime& runtime, Text package, Text prog);

}  // namespace perdita::runtime
