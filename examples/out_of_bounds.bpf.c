/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong on purpose: the index comes from the sensor and nothing bounds it, so the marked line can read outside the
 * map's value. The verifier refuses the program and points at that line; boards never see it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define THRESHOLDS 8

struct thresholds {
  int32_t of[THRESHOLDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct thresholds);
} limits SEC(".maps");

SEC("sensor")
int out_of_bounds(struct sensor_ctx* ctx) {
  uint32_t first = 0;
  struct thresholds* thresholds = bpf_map_lookup_elem(&limits, &first);
  if (!thresholds) return 0;
  uint32_t step = (uint32_t)ctx->value / 100;
  int32_t limit = thresholds->of[step]; /* needs: if (step >= THRESHOLDS) return 0; */
  return ctx->value > limit;
}
