/* SPDX-License-Identifier: Apache-2.0 */
/* A moving average of the last 16 values of each channel, with a running sum. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define WINDOW 16

struct window {
  int32_t values[WINDOW];
  int64_t sum;
  uint32_t next;
  uint32_t filled;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct window);
} windows SEC(".maps");

SEC("sample")
int moving_average(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct window* w = bpf_map_lookup_elem(&windows, &channel);
  if (!w) return 0;
  uint32_t at = w->next % WINDOW;
  w->sum += ctx->value - w->values[at];
  w->values[at] = ctx->value;
  w->next = at + 1;
  if (w->filled < WINDOW) w->filled++;
  return w->filled ? (int)(w->sum / (int32_t)w->filled) : 0;
}
