/* SPDX-License-Identifier: Apache-2.0 */
/* The maximum of the last sixteen values by a queue of falling values in a map's value. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define WINDOW 16

struct entry {
  uint32_t number;
  int32_t value;
};

struct window {
  struct entry queue[WINDOW];
  uint32_t head, count;
  uint32_t number;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct window);
} windows SEC(".maps");

SEC("sample/maximum")
int window_maximum(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct window* w = bpf_map_lookup_elem(&windows, &channel);
  if (!w) return 0;
  uint32_t head = w->head % WINDOW;
  uint32_t count = w->count;
  uint32_t number = w->number + 1;
  if (count > WINDOW) count = 0;
  while (count > 0 && number - w->queue[head].number >= WINDOW) {
    head = (head + 1) % WINDOW;
    count--;
  }
  while (count > 0 && w->queue[(head + count - 1) % WINDOW].value <= ctx->value) count--;
  uint32_t tail = (head + count) % WINDOW;
  w->queue[tail].number = number;
  w->queue[tail].value = ctx->value;
  count++;
  w->head = head;
  w->count = count;
  w->number = number;
  return w->queue[head].value;
}
