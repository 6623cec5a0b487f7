/* SPDX-License-Identifier: Apache-2.0 */
/* Delays by their order of magnitude: log2 by halving. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint32_t slots[64];
uint64_t last_ns;

static uint32_t log2_of(uint64_t v) {
  uint32_t r, shift;
  r = (v > 0xffffffffull) << 5;
  v >>= r;
  shift = (v > 0xffff) << 4;
  v >>= shift;
  r |= shift;
  shift = (v > 0xff) << 3;
  v >>= shift;
  r |= shift;
  shift = (v > 0xf) << 2;
  v >>= shift;
  r |= shift;
  shift = (v > 0x3) << 1;
  v >>= shift;
  r |= shift;
  r |= (v >> 1);
  return r;
}

SEC("sample")
int log2_histogram(struct sample_ctx* ctx) {
  uint64_t delta = ctx->time_ns - last_ns;
  last_ns = ctx->time_ns;
  uint32_t slot = log2_of(delta);
  if (slot >= 64) slot = 63;
  slots[slot]++;
  return slot;
}
