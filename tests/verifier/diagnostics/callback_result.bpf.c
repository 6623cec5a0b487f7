/* SPDX-License-Identifier: Apache-2.0 */
/* A callback that returns a count. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

static long count(uint32_t index, void* data) {
  *(uint32_t*)data += 1;
  return index;
}

SEC("sensor")
int callback_result(struct sensor_ctx* ctx) {
  uint32_t n = 0;
  bpf_loop(ctx->channel & 7, count, &n, 0);
  return n & 1;
}
