/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the readings of each channel and keeps the smallest and the largest, in a map that the host reads from the
 * board: `perdita map dump DEVICE readings`. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct reading {
  uint64_t count;
  int32_t min;
  int32_t max;
  int32_t average;  /* kept by counter_v2, so that both versions have the same map */
  uint32_t version; /* of the program that wrote last */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, DEMO_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct reading);
} readings SEC(".maps");

SEC("sensor")
int counter(struct sensor_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct reading* reading = bpf_map_lookup_elem(&readings, &channel);
  if (!reading) return 0;
  int32_t value = ctx->value;
  if (reading->count == 0 || value < reading->min) reading->min = value;
  if (reading->count == 0 || value > reading->max) reading->max = value;
  reading->count += 1;
  reading->version = 1;
  return 0;
}
