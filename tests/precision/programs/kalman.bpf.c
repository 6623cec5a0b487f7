/* SPDX-License-Identifier: Apache-2.0 */
/* A scalar Kalman filter per channel; the divisor is never zero, and the program does not say so. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct kalman {
  int64_t estimate; /* Q16 */
  int64_t variance;
  uint32_t steps;
  uint32_t reserved;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct kalman);
} filters SEC(".maps");

SEC("sample/kalman")
int kalman(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  if (channel > 3) return 0;
  struct kalman* k = bpf_map_lookup_elem(&filters, &channel);
  if (!k) return 0;
  uint64_t predicted = (uint64_t)k->variance + 64;
  uint64_t gain = (predicted << 8) / (predicted + 4096);
  int64_t measured = (int64_t)ctx->value << 16;
  k->estimate += (int64_t)gain * (measured - k->estimate) / 256;
  k->variance = (int64_t)(predicted - (gain * predicted >> 8));
  k->steps++;
  return (int)(k->estimate >> 16);
}
