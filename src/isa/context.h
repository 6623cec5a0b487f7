// SPDX-License-Identifier: Apache-2.0
//
// How a hook's context lies in memory, said once for the platform's tables, which assert it, and the verifier, which
// relies on it. Constant time.
#pragma once

#include <stdint.h>

namespace perdita::isa {

// What a context's address is a multiple of: 4, or less where its size says that no member needs as much.
constexpr uint32_t context_alignment(uint32_t context_size) {
  if (context_size % 4 == 0) return 4;
  return context_size % 2 == 0 ? 2 : 1;
}

}  // namespace perdita::isa
