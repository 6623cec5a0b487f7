/* SPDX-License-Identifier: Apache-2.0 */
/* log: a function, its frame and its stack. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

static __attribute__((noinline)) int32_t smallest(const volatile int32_t* of) { return of[0] < of[1] ? of[0] : of[1]; }

SEC("sensor")
int log_calls(struct sensor_ctx* ctx) {
  volatile int32_t pair[2] = {ctx->value, 100};
  return smallest(pair) < 0;
}
