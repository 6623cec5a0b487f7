/* SPDX-License-Identifier: Apache-2.0 */
/* Bubble sort of sixteen values in a map, ending early when nothing moved. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct table {
  uint32_t v[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct table);
} tables SEC(".maps");

SEC("sample")
int bubble_sort(struct sample_ctx* ctx) {
  uint32_t zero = 0;
  struct table* t = bpf_map_lookup_elem(&tables, &zero);
  if (!t) return -1;
  t->v[ctx->count & 15] = (uint32_t)ctx->value;
  int rounds = 0;
  for (int n = 16; n > 1; n--) {
    int moved = 0;
    for (int i = 0; i < n - 1; i++) {
      if (t->v[i] > t->v[i + 1]) {
        uint32_t x = t->v[i];
        t->v[i] = t->v[i + 1];
        t->v[i + 1] = x;
        moved = 1;
      }
    }
    rounds++;
    if (!moved) break;
  }
  return rounds;
}
