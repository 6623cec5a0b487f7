/* SPDX-License-Identifier: Apache-2.0 */
/* A reserved record with several ways out, each of which releases it. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct record {
  uint64_t time_ns;
  uint32_t channel;
  int32_t value;
  int32_t smooth;
  uint32_t flags;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} records SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, uint32_t);
  __type(value, int32_t);
} smoothed SEC(".maps");

SEC("sample/record")
int ring_error_paths(struct sample_ctx* ctx) {
  int result = -1;
  struct record* r = bpf_ringbuf_reserve(&records, sizeof *r, 0);
  if (!r) return -2;
  r->time_ns = ctx->time_ns;
  uint32_t channel = ctx->channel;
  int32_t* smooth = bpf_map_lookup_elem(&smoothed, &channel);
  if (!smooth) {
    int32_t first = ctx->value;
    if (bpf_map_update_elem(&smoothed, &channel, &first, BPF_ANY) < 0) goto discard;
    smooth = bpf_map_lookup_elem(&smoothed, &channel);
    if (!smooth) goto discard;
  }
  if (ctx->value < -4000 || ctx->value > 12500) goto discard;
  *smooth += (ctx->value - *smooth) / 4;
  r->channel = channel;
  r->value = ctx->value;
  r->smooth = *smooth;
  r->flags = ctx->mode == 3;
  bpf_ringbuf_submit(r, 0);
  return 0;
discard:
  bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
  return result;
}
