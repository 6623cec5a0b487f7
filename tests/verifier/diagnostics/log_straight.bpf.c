/* SPDX-License-Identifier: Apache-2.0 */
/* log: a program without branches. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

int32_t last;

SEC("sensor")
int log_straight(struct sensor_ctx* ctx) {
  int32_t before = last;
  last = ctx->value;
  return (before ^ last) & 1;
}
