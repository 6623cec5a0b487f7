/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts a delay line by one, from the back. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define TAPS 64

struct line {
  int16_t tap[TAPS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct line);
} lines SEC(".maps");

SEC("sample/delay")
int count_down(struct sample_ctx* ctx) {
  uint32_t zero = 0;
  struct line* l = bpf_map_lookup_elem(&lines, &zero);
  if (!l) return 0;
  int16_t out = l->tap[TAPS - 1];
#pragma clang loop unroll(disable) vectorize(disable)
  for (int i = TAPS - 1; i > 0; i--) l->tap[i] = l->tap[i - 1];
  l->tap[0] = (int16_t)ctx->value;
  return out;
}
