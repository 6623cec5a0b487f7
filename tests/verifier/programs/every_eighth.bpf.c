/* SPDX-License-Identifier: Apache-2.0 */
/* reject out-of-bounds: what stands in a table of constants where it is read, at every eighth place, is one or two hundred. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

static const volatile uint8_t steps[16] = {[0] = 1, [1] = 9, [8] = 200};
static uint8_t seen[64];

SEC("sensor")
int every_eighth(struct sensor_ctx* ctx) {
  uint32_t step = steps[(ctx->channel & 1) * 8];
  seen[step]++; /* here */
  return 0;
}
