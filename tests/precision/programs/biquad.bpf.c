/* SPDX-License-Identifier: Apache-2.0 */
/* A cascade of three biquad filters, Q14. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct stage {
  int32_t b0, b1, b2, a1, a2;
  int32_t x1, x2, y1, y2;
};

struct cascade {
  struct stage stages[3];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct cascade);
} filters SEC(".maps");

SEC("sample")
int biquad(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct cascade* c = bpf_map_lookup_elem(&filters, &channel);
  if (!c) return 0;
  int32_t x = ctx->value;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 3; i++) {
    struct stage* s = &c->stages[i];
    int64_t y = (int64_t)s->b0 * x + (int64_t)s->b1 * s->x1 + (int64_t)s->b2 * s->x2 - (int64_t)s->a1 * s->y1 -
                (int64_t)s->a2 * s->y2;
    s->x2 = s->x1;
    s->x1 = x;
    s->y2 = s->y1;
    s->y1 = (int32_t)(y >> 14);
    x = s->y1;
  }
  return x;
}
