/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of 31 deadlines in a map: takes the first out and puts a new one in. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ROOM 31

struct heap {
  uint32_t used;
  uint32_t at[ROOM];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct heap);
} heaps SEC(".maps");

static void push(struct heap* h, uint32_t x) {
  uint32_t i = h->used;
  if (i >= ROOM) return;
  h->used = i + 1;
  while (i > 0) {
    uint32_t parent = (i - 1) / 2;
    if (h->at[parent] <= x) break;
    h->at[i] = h->at[parent];
    i = parent;
  }
  h->at[i] = x;
}

static uint32_t pop(struct heap* h) {
  uint32_t n = h->used;
  if (n == 0 || n > ROOM) return 0;
  uint32_t top = h->at[0];
  uint32_t x = h->at[n - 1];
  n--;
  h->used = n;
  uint32_t i = 0;
  while (2 * i + 1 < n) {
    uint32_t child = 2 * i + 1;
    if (child + 1 < n && h->at[child + 1] < h->at[child]) child++;
    if (h->at[child] >= x) break;
    h->at[i] = h->at[child];
    i = child;
  }
  h->at[i] = x;
  return top;
}

SEC("sample/heap")
int heap(struct sample_ctx* ctx) {
  uint32_t zero = 0;
  struct heap* h = bpf_map_lookup_elem(&heaps, &zero);
  if (!h) return -1;
  uint32_t first = pop(h);
  push(h, ctx->count);
  return (int)first;
}
