// SPDX-License-Identifier: Apache-2.0
//
// What a program's r0 means to its hook, said once for verifier and runtime. A program written as `int f(ctx)` leaves
// its result in w0 and whatever its compiler likes in the upper half; so where the hook's range lies inside int32, the
// result is the low half, sign-extended. Any context; constant time.
#pragma once

#include <stdint.h>

#include "perdita/contract.h"

namespace perdita::isa {

constexpr bool result_is_int32(const perdita_hook& hook) {
  return hook.result_min >= INT32_MIN && hook.result_max <= INT32_MAX;
}

constexpr int64_t hook_result(const perdita_hook& hook, uint64_t r0) {
  if (result_is_int32(hook)) return static_cast<int32_t>(static_cast<uint32_t>(r0));
  return static_cast<int64_t>(r0);
}

}  // namespace perdita::isa
