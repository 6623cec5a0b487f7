/* SPDX-License-Identifier: Apache-2.0 */
/* Several independent mistakes, all told at once. */
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

int32_t history[4];

SEC("sensor")
int several_at_once(struct sensor_ctx* ctx) {
  uint32_t key = ctx->channel;
  struct counters* c = bpf_map_lookup_elem(&counters, &key);
  c->of[0]++;
  history[ctx->channel & 7] = ctx->value;
  led_set(ctx->channel & 7, 1);
  ctx->time_ns = 0;
  return ctx->channel;
}
