/* SPDX-License-Identifier: Apache-2.0 */
/* accept: an index masked at its use (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

static const volatile int16_t quarter[128];

SEC("sensor")
int instead_masked_index(struct sensor_ctx* ctx) {
  uint8_t phase = ctx->channel & 0x7f;
  if (phase > 64) phase = 128 - phase;
  return quarter[phase & 127] < 0;
}
