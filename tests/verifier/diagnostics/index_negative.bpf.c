/* SPDX-License-Identifier: Apache-2.0 */
/* An index that is checked from above and not from below. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

int32_t table[8];

SEC("sensor")
int index_negative(struct sensor_ctx* ctx) {
  int32_t i = ctx->value >> 26;
  if (i >= 8) return 0;
  table[i] = 1;
  return 0;
}
