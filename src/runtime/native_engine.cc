// SPDX-License-Identifier: Apache-2.0
#include "runtime/native.h"
#include "runtime/runtime.h"

namespace perdita::runtime {

// What an installed program is linked to is its package, whose link table tells the code who calls. A hook that
// interrupts, and runs a program of the same package, finds that word as it is here and leaves it so.
Outcome run_native(const Invocation& invocation) {
  NativeTable& table = static_cast<const Package*>(invocation.link)->native->table;
  const Invocation* const interrupted = table.invocation;
  table.invocation = &invocation;
  const uint64_t args[5] = {reinterpret_cast<uintptr_t>(invocation.context), invocation.second_argument, 0, 0, 0};
  const uint64_t result = perdita_native_enter(args, invocation.stack.end(), &table, invocation.native);
  table.invocation = interrupted;
  // Not cleared as a whole first: of that the compiler makes a call, byte by byte where the library is small.
  return {invocation.activity->next != nullptr ? kTailCalled : Status::ok, 0, result, 0, 0};
}

}  // namespace perdita::runtime
