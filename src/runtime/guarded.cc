// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "runtime/execute.h"
#include "runtime/guard.h"

namespace perdita::runtime {
namespace {

struct Checked : Guard {
  static constexpr bool kChecked = true;
  using Guard::Guard;
};

}  // namespace

Outcome run_guarded(const Invocation& invocation) {
  // Nothing proves that the program writes its stack before it reads it: it finds zeros, not what others left there.
  if (!invocation.stack.empty()) memset(invocation.stack.data(), 0, invocation.stack.size());
  return execute<Checked>(invocation);
}

}  // namespace perdita::runtime
