/* SPDX-License-Identifier: Apache-2.0 */
/* A write to a constant. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

const volatile uint32_t limit = 5;

SEC("sensor")
int constant_written(struct sensor_ctx* ctx) {
  *(volatile uint32_t*)&limit = ctx->channel;
  return 0;
}
