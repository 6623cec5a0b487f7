/* SPDX-License-Identifier: Apache-2.0 */
/* Sums all sixteen entries of an array map, a look-up each. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 16);
  __type(key, uint32_t);
  __type(value, uint64_t);
} counters SEC(".maps");

SEC("sample/sum")
int array_sum(struct sample_ctx* ctx) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < 16; i++) {
    uint64_t* c = bpf_map_lookup_elem(&counters, &i);
    if (!c) continue;
    sum += *c;
    *c = i == (ctx->count & 15) ? *c + 1 : *c;
  }
  return (int)sum;
}
