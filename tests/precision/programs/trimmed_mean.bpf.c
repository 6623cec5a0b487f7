/* SPDX-License-Identifier: Apache-2.0 */
/* The mean of a window without its smallest and largest value. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct window {
  int32_t v[12];
  uint32_t n;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, uint32_t);
  __type(value, struct window);
} windows SEC(".maps");

SEC("sample/trim")
int trimmed_mean(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct window* w = bpf_map_lookup_elem(&windows, &channel);
  if (!w) {
    struct window fresh = {};
    fresh.v[0] = ctx->value;
    fresh.n = 1;
    bpf_map_update_elem(&windows, &channel, &fresh, BPF_ANY);
    return ctx->value;
  }
  uint32_t n = w->n;
  if (n >= 12) n = 0;
  w->v[n] = ctx->value;
  w->n = n + 1;
  int64_t sum = 0;
  int32_t low = w->v[0], high = w->v[0];
  for (int i = 0; i < 12; i++) {
    int32_t v = w->v[i];
    sum += v;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return (int)((sum - low - high) / 10);
}
