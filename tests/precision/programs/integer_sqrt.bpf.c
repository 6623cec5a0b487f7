/* SPDX-License-Identifier: Apache-2.0 */
/* The root mean square of sixteen raw inputs; the root bit by bit. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static uint32_t isqrt(uint64_t x) {
  uint64_t result = 0;
  uint64_t bit = 1ull << 62;
  while (bit > x) bit >>= 2;
  while (bit != 0) {
    if (x >= result + bit) {
      x -= result + bit;
      result = (result >> 1) + bit;
    } else {
      result >>= 1;
    }
    bit >>= 2;
  }
  return (uint32_t)result;
}

SEC("sample")
int integer_sqrt(struct sample_ctx* ctx) {
  uint64_t sum = 0;
  for (int i = 0; i < FIELD_RAW; i++) sum += (uint64_t)ctx->raw[i] * ctx->raw[i];
  return (int)isqrt(sum / FIELD_RAW);
}
