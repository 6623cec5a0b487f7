// SPDX-License-Identifier: Apache-2.0
#include "runtime/stacks.h"

namespace perdita::runtime {
namespace {

void place(const Runtime& runtime, const Package& package) {
  for (Prog& prog : package.progs) {
    prog.stack = MutableBytes(runtime.levels[prog.hook->level].stack, prog.stack.size());
  }
}

}  // namespace

uint32_t largest_stack(const Package& package, uint32_t level) {
  uint32_t largest = 0;
  for (const Prog& prog : package.progs) {
    if (prog.hook->level == level && prog.stack.size() > largest) largest = static_cast<uint32_t>(prog.stack.size());
  }
  return largest;
}

uint32_t needed_stack_bytes(const Runtime& runtime, uint32_t level, const Package* leaving) {
  uint32_t needed = 0;
  for (const Package* listed = runtime.packages; listed != nullptr; listed = listed->next) {
    for (const Package* package = listed; package != nullptr; package = package->previous) {
      if (package == leaving) continue;
      const uint32_t largest = largest_stack(*package, level);
      if (largest > needed) needed = largest;
    }
  }
  return needed;
}

void place_on_stacks(const Runtime& runtime) {
  for (const Package* listed = runtime.packages; listed != nullptr; listed = listed->next) {
    for (const Package* package = listed; package != nullptr; package = package->previous) place(runtime, *package);
  }
}

void trim_stacks(Runtime& runtime) {
  for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
    Level& level = runtime.levels[i];
    const uint32_t needed = needed_stack_bytes(runtime, i, nullptr);
    if (level.stack == nullptr || needed == level.stack_bytes) continue;
    level.stack_bytes = needed;
    if (needed != 0) {
      runtime.memory.shrink(level.stack, needed);
    } else {
      runtime.memory.release(level.stack);
      level.stack = nullptr;
    }
  }
}

}  // namespace perdita::runtime
