/* SPDX-License-Identifier: Apache-2.0 */
/* The second version of counter: also keeps a moving average, and says when a channel leaves it by more than five
 * degrees. It replaces the first one while the hook keeps firing; `readings` has the same name and definition, so the
 * board keeps its contents. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define FAR_FROM_AVERAGE 500

struct reading {
  uint64_t count;
  int32_t min;
  int32_t max;
  int32_t average;  /* of about the last eight readings */
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
  /* The first version kept no average: start from the reading at hand. */
  int32_t average = reading->version == 2 ? reading->average : value;
  int32_t distance = value - average;
  reading->average = average + (distance >> 3);
  reading->count += 1;
  reading->version = 2;
  return distance > FAR_FROM_AVERAGE || distance < -FAR_FROM_AVERAGE;
}
