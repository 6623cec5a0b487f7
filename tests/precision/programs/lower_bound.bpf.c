/* SPDX-License-Identifier: Apache-2.0 */
/* The first entry that is not less, half-open, with unsigned indices. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ENTRIES 100

struct sorted {
  uint32_t used;
  uint32_t at[ENTRIES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct sorted);
} table SEC(".maps");

SEC("packet")
int lower_bound(struct packet_ctx* ctx) {
  uint32_t zero = 0;
  struct sorted* s = bpf_map_lookup_elem(&table, &zero);
  if (!s) return PASS;
  uint32_t first = 0, count = s->used;
  if (count > ENTRIES) count = ENTRIES;
  while (count > 0) {
    uint32_t half = count / 2;
    uint32_t middle = first + half;
    if (s->at[middle] < ctx->source) {
      first = middle + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first < ENTRIES && s->at[first] == ctx->source ? DROP : PASS;
}
