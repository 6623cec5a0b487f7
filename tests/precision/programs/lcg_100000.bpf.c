/* SPDX-License-Identifier: Apache-2.0 */
/* A hundred thousand steps of a linear congruential generator: a slow self-test. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/selftest")
int lcg_100000(struct sample_ctx* ctx) {
  uint32_t x = ctx->count;
  uint32_t high = 0;
  for (uint32_t i = 0; i < 100000; i++) {
    x = x * 1664525u + 1013904223u;
    if (x >> 31) high++;
  }
  return (int)high;
}
