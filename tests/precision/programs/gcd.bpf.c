/* SPDX-License-Identifier: Apache-2.0 */
/* The ratio of two readings in lowest terms, Euclid with a limit. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample")
int gcd(struct sample_ctx* ctx) {
  uint32_t a = ctx->raw[0];
  uint32_t b = ctx->raw[1];
  for (int i = 0; i < 32 && b != 0; i++) {
    uint32_t r = a % b;
    a = b;
    b = r;
  }
  if (a == 0) return 0;
  return (int)((ctx->raw[0] / a) << 16 | ctx->raw[1] / a);
}
