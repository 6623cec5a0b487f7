/* SPDX-License-Identifier: Apache-2.0 */
/* accept: every element of a hash, looked at and changed; a nested loop in the callback. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4);
  __type(key, uint32_t);
  __type(value, uint64_t);
} counts SEC(".maps");

struct found {
  uint64_t most;
  uint32_t key;
};

static long halve(uint32_t index, void* data) {
  uint64_t* value = data;
  *value >>= index & 1;
  return 0;
}

struct bpf_map;
static long look(struct bpf_map* map, const void* key, void* value, void* data) {
  struct found* found = data;
  uint64_t count = *(uint64_t*)value;
  if (count > found->most) {
    found->most = count;
    found->key = *(const uint32_t*)key;
  }
  bpf_loop(2, halve, &count, 0);
  *(uint64_t*)value = count;
  return found->most > 1000;
}

SEC("sensor")
int walk_map(struct sensor_ctx* ctx) {
  struct found found = {};
  uint32_t key = ctx->channel;
  uint64_t one = 1;
  bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
  bpf_for_each_map_elem(&counts, look, &found, 0);
  return found.key == ctx->channel ? 1 : 0;
}
