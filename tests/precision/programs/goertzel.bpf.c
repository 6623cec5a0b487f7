/* SPDX-License-Identifier: Apache-2.0 */
/* The strength of one frequency in 64 samples of a map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define N 64

struct samples {
  int16_t v[N];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct samples);
} captured SEC(".maps");

SEC("sample/tone")
int goertzel(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct samples* s = bpf_map_lookup_elem(&captured, &channel);
  if (!s) return -1;
  const int32_t c = 15137; /* 2 cos(2 pi 8/64) in Q13 */
  int32_t s0, s1 = 0, s2 = 0;
  for (int i = 0; i < N; i++) {
    s0 = s->v[i] + (int32_t)(((int64_t)c * s1) >> 13) - s2;
    s2 = s1;
    s1 = s0;
  }
  int64_t power = (int64_t)s1 * s1 + (int64_t)s2 * s2 - (((int64_t)c * s1) >> 13) * s2;
  return (int)(power >> 20);
}
