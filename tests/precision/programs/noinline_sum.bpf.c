/* SPDX-License-Identifier: Apache-2.0 */
/* A function that is not inlined gets a map's value and a length. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct trace {
  uint32_t used;
  int16_t samples[60];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct trace);
} traces SEC(".maps");

static __noinline int64_t energy(const struct trace* t, uint32_t from, uint32_t to) {
  int64_t sum = 0;
  if (to > 60) to = 60;
  for (uint32_t i = from; i < to; i++) sum += (int64_t)t->samples[i] * t->samples[i];
  return sum;
}

SEC("sample/energy")
int noinline_sum(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct trace* t = bpf_map_lookup_elem(&traces, &channel);
  if (!t) return -1;
  uint32_t n = t->used;
  if (n < 60) {
    t->samples[n] = (int16_t)ctx->value;
    t->used = n + 1;
  } else {
    t->used = 0;
  }
  return (int)(energy(t, 0, n) >> 16) + (int)(energy(t, n / 2, n) >> 16);
}
