/* SPDX-License-Identifier: Apache-2.0 */
/* accept: the sum of two indices, masked (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint16_t registers[64];

SEC("packet")
int instead_sum_of_indices(struct packet_ctx* ctx) {
  uint32_t first = ctx->port, count = ctx->source & 63, sum = 0;
  if (first + count > 64) return DEMO_PASS;
  for (uint32_t i = 0; i < count; i++) sum += registers[(first + i) & 63];
  return sum > 100;
}
