/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a look-up that is not checked. */
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
int null_unchecked(struct sensor_ctx* ctx) {
  uint32_t key = ctx->channel;
  struct counters* c = bpf_map_lookup_elem(&counters, &key);
  c->of[0]++;
  return 0;
}
