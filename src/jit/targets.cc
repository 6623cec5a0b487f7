// SPDX-License-Identifier: Apache-2.0
#include "jit/generate.h"

namespace perdita::jit {

Span<const Target* const> targets() {
  static constexpr const Target* kTargets[] = {&armv7m, &rv32imc, &xtensa};
  return kTargets;
}

const Target* find_target(Text name) {
  for (const Target* target : targets()) {
    if (equal(text(target->name), name)) return target;
  }
  return nullptr;
}

}  // namespace perdita::jit
