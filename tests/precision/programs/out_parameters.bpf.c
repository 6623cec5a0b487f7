/* SPDX-License-Identifier: Apache-2.0 */
/* Static functions that give several results through pointers to the caller's stack. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static __noinline int split(uint32_t value, uint32_t* whole, uint32_t* part) {
  *whole = value / 100;
  *part = value % 100;
  return value > 10000;
}

static __noinline uint32_t range(const struct burst* b, uint16_t* low, uint16_t* high) {
  uint16_t l = 0xffff, h = 0;
  for (int i = 0; i < 8; i++) {
    if (b->of[i] < l) l = b->of[i];
    if (b->of[i] > h) h = b->of[i];
  }
  *low = l;
  *high = h;
  return h - l;
}

SEC("sample/out")
int out_parameters(struct sample_ctx* ctx) {
  struct burst b;
  uint16_t low, high;
  uint32_t whole = 0, part = 0;
  adc_burst(&b);
  uint32_t spread = range(&b, &low, &high);
  if (split(spread, &whole, &part)) return -1;
  return (int)(whole * 1000 + part + (low & high & 1));
}
