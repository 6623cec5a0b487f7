/* SPDX-License-Identifier: Apache-2.0 */
/* Counts bits by clearing the lowest one until none is left. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample")
int popcount(struct sample_ctx* ctx) {
  uint32_t x = (uint32_t)ctx->value;
  int n = 0;
#pragma clang loop unroll(disable)
  while (x) {
    x &= x - 1;
    n++;
  }
  return n;
}
