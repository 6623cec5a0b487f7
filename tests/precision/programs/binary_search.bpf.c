/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a value's place in a sorted table in a map. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ENTRIES 64

struct sorted {
  int32_t limit[ENTRIES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct sorted);
} limits SEC(".maps");

SEC("sample")
int binary_search(struct sample_ctx* ctx) {
  uint32_t key = 0;
  struct sorted* s = bpf_map_lookup_elem(&limits, &key);
  if (!s) return -1;
  int low = 0, high = ENTRIES - 1;
  while (low <= high) {
    int middle = (low + high) / 2;
    int32_t limit = s->limit[middle];
    if (limit == ctx->value) return middle;
    if (limit < ctx->value)
      low = middle + 1;
    else
      high = middle - 1;
  }
  return -1 - low;
}
