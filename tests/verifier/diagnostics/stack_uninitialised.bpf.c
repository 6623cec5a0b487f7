/* SPDX-License-Identifier: Apache-2.0 */
/* A variable that one path does not set. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int stack_uninitialised(struct sensor_ctx* ctx) {
  volatile int32_t offset;
  if (ctx->channel) offset = 3;
  return ctx->value > offset;
}
