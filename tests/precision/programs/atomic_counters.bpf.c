/* SPDX-License-Identifier: Apache-2.0 */
/* Counters shared with an interrupt: atomic additions and an exchange. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct stats {
  uint64_t packets;
  uint64_t bytes;
  uint32_t last_port;
  uint32_t largest;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 8);
  __type(key, uint32_t);
  __type(value, struct stats);
} stats SEC(".maps");

SEC("packet/stats")
int atomic_counters(struct packet_ctx* ctx) {
  uint64_t length = ctx->data_end - ctx->data;
  uint32_t key = ctx->port & 7;
  struct stats* s = bpf_map_lookup_elem(&stats, &key);
  if (!s) return PASS;
  __sync_fetch_and_add(&s->packets, 1);
  __sync_fetch_and_add(&s->bytes, length);
  uint32_t before = __sync_lock_test_and_set(&s->last_port, ctx->port);
  if (length > s->largest) s->largest = length;
  return before == ctx->port ? PASS : MARK;
}
