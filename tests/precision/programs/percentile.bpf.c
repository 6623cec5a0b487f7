/* SPDX-License-Identifier: Apache-2.0 */
/* The ninth decile of a map of values, by a histogram filled by bpf_for_each_map_elem. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define BINS 32

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 64);
  __type(key, uint32_t);
  __type(value, uint16_t);
} delays SEC(".maps");

struct bins {
  uint16_t count[BINS];
  uint32_t all;
};

static long add(void* map, const void* key, void* value, void* context) {
  struct bins* bins = context;
  uint16_t delay = *(uint16_t*)value;
  if (delay == 0) return 0; /* not measured */
  uint32_t bin = delay / 100;
  if (bin >= BINS) bin = BINS - 1;
  bins->count[bin]++;
  bins->all++;
  return 0;
}

SEC("sample/delays")
int percentile(struct sample_ctx* ctx) {
  uint32_t at = ctx->count % 64;
  uint16_t delay = ctx->raw[0];
  bpf_map_update_elem(&delays, &at, &delay, BPF_ANY);
  struct bins bins = {};
  bpf_for_each_map_elem(&delays, add, &bins, 0);
  uint32_t want = bins.all * 9 / 10;
  uint32_t below = 0;
  uint32_t bin = 0;
  while (bin < BINS - 1) {
    below += bins.count[bin];
    if (below > want) break;
    bin++;
  }
  return bin * 100;
}
