/* SPDX-License-Identifier: Apache-2.0 */
/* A thousand steps of a Galois shift register, for a dither that repeats. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint16_t lfsr_state = 0xace1;

SEC("sample")
int lfsr(struct sample_ctx* ctx) {
  uint16_t s = lfsr_state;
  uint32_t ones = 0;
  for (int i = 0; i < 1000; i++) {
    uint16_t low = s & 1;
    s >>= 1;
    if (low) s ^= 0xb400;
    ones += low;
  }
  lfsr_state = s;
  return ctx->value + (int)ones - 500;
}
