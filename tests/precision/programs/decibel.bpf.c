/* SPDX-License-Identifier: Apache-2.0 */
/* A level in hundredths of a decibel: logarithm to base two by clz and repeated squaring. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define FRACTION_BITS 10

static int leading_zeros(uint64_t x) {
  int n = 0;
  for (uint64_t bit = 1ull << 63; bit && !(x & bit); bit >>= 1) n++;
  return n;
}

static __noinline int32_t log2_fixed(uint64_t x) {
  if (x == 0) return 0;
  int shift = leading_zeros(x);
  int32_t result = 63 - shift;
  uint64_t mantissa = x << shift >> 32; /* 2^31 to 2^32 - 1 */
  for (int i = 0; i < FRACTION_BITS; i++) {
    mantissa = mantissa * mantissa >> 31;
    result <<= 1;
    if (mantissa >> 32) {
      mantissa >>= 1;
      result |= 1;
    }
  }
  return result;
}

SEC("sample/level")
int decibel(struct sample_ctx* ctx) {
  uint64_t energy = 0;
  const uint16_t* last = ctx->raw + FIELD_RAW;
  for (const uint16_t* p = ctx->raw; p != last; ++p) {
    int32_t v = *p - 32768;
    energy += (int64_t)v * v;
  }
  energy /= FIELD_RAW;
  return log2_fixed(energy) * 301 >> FRACTION_BITS;
}
