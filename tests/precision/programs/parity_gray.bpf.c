/* SPDX-License-Identifier: Apache-2.0 */
/* Gray code to binary and back, parity by folding, and bits reversed. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static uint32_t reversed(uint32_t v) {
  v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
  v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
  v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
  return __builtin_bswap32(v);
}

uint32_t turns[16];

SEC("sample/gray")
int parity_gray(struct sample_ctx* ctx) {
  uint32_t g = ctx->raw[0];
  for (uint32_t m = g >> 1; m; m >>= 1) g ^= m;
  turns[g >> 12]++;
  uint32_t p = g ^ g >> 16;
  p ^= p >> 8;
  p ^= p >> 4;
  p = 0x6996 >> (p & 15) & 1;
  return (int)(reversed(g) >> 16 | p << 16);
}
