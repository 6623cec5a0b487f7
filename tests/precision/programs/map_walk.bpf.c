/* SPDX-License-Identifier: Apache-2.0 */
/* The largest element of a hash, and how many are stale, by bpf_for_each_map_elem. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct entry {
  uint64_t seen_ns;
  uint32_t count;
  uint32_t state;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32);
  __type(key, uint32_t);
  __type(value, struct entry);
} peers SEC(".maps");

struct bpf_map;
struct scan {
  uint64_t now_ns;
  uint32_t most, most_key, stale;
};

static long look(struct bpf_map* map, const uint32_t* key, struct entry* e, struct scan* s) {
  if (s->now_ns - e->seen_ns > 60000000000ull) {
    s->stale++;
    e->state = 0;
  }
  if (e->count > s->most) {
    s->most = e->count;
    s->most_key = *key;
  }
  return 0;
}

SEC("sample/peers")
int map_walk(struct sample_ctx* ctx) {
  struct scan s = {.now_ns = ctx->time_ns};
  uint32_t channel = ctx->channel;
  struct entry e = {.seen_ns = ctx->time_ns, .count = ctx->count, .state = 1};
  bpf_map_update_elem(&peers, &channel, &e, BPF_ANY);
  bpf_for_each_map_elem(&peers, look, &s, 0);
  return s.stale ? (int)s.stale : (int)(s.most_key & 0xff);
}
