// SPDX-License-Identifier: Apache-2.0
#include "guarded_world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)perdita::fuzz::run_guarded_bytes(data, size);
  return 0;
}
