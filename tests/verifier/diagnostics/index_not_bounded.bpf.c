/* SPDX-License-Identifier: Apache-2.0 */
/* An index that nothing bounds. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct counters {
  uint32_t of[8];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, uint32_t);
  __type(value, struct counters);
} counters SEC(".maps");

SEC("sensor")
int index_not_bounded(struct sensor_ctx* ctx) {
  uint32_t key = 0;
  struct counters* c = bpf_map_lookup_elem(&counters, &key);
  if (!c) return 0;
  c->of[ctx->channel & 15]++;
  return 0;
}
