/* SPDX-License-Identifier: Apache-2.0 */
/* A number that a function does not take. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int argument_range(struct sensor_ctx* ctx) {
  led_set(ctx->channel, 1);
  return 0;
}
