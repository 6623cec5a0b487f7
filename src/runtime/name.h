// SPDX-License-Identifier: Apache-2.0
//
// Names as the C API shows them: PERDITA_NAME_BYTES, zero-terminated, cut where longer. The formats' own names fit.
#pragma once

#include "isa/span.h"
#include "perdita/perdita.h"

namespace perdita::runtime {

inline void copy_name(char (&out)[PERDITA_NAME_BYTES], Text name) {
  __builtin_memset(out, 0, sizeof out);
  for (size_t i = 0; i < name.size() && i < sizeof out - 1; i++) out[i] = name[i];
}

}  // namespace perdita::runtime
