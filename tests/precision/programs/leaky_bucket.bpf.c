/* SPDX-License-Identifier: Apache-2.0 */
/* A leaky bucket per source: packets above the rate are dropped. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define RATE_PER_S 10
#define BURST 20
#define NS_PER_TOKEN (1000000000ull / RATE_PER_S)

struct bucket {
  uint64_t last_ns;
  uint32_t tokens;
  uint32_t dropped;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16);
  __type(key, uint32_t);
  __type(value, struct bucket);
} buckets SEC(".maps");

SEC("packet")
int leaky_bucket(struct packet_ctx* ctx) {
  uint32_t source = ctx->source;
  struct bucket* b = bpf_map_lookup_elem(&buckets, &source);
  if (!b) {
    struct bucket fresh = {.last_ns = ctx->time_ns, .tokens = BURST - 1};
    bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
    return PASS;
  }
  uint64_t gained = (ctx->time_ns - b->last_ns) / NS_PER_TOKEN;
  if (gained) {
    uint64_t tokens = b->tokens + gained;
    b->tokens = tokens > BURST ? BURST : tokens;
    b->last_ns += gained * NS_PER_TOKEN;
  }
  if (b->tokens == 0) {
    b->dropped++;
    return DROP;
  }
  b->tokens--;
  return PASS;
}
