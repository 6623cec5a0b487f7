// SPDX-License-Identifier: Apache-2.0
/* accept: maps of maps, by BTF and in the old way; what a lookup gives is a map. */
#include "linux.h"

struct inner {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, struct inner);
} outer SEC(".maps");
struct bpf_map_def plain SEC("maps") = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 2};
struct bpf_map_def old SEC("maps") = {
    .type = BPF_MAP_TYPE_HASH_OF_MAPS, .key_size = 4, .value_size = 4, .max_entries = 2, .inner_map_idx = 0};

SEC("xdp") int prog(struct xdp_md* ctx) {
  __u32 key = ctx->rx_queue_index;
  void* map = bpf_map_lookup_elem(&outer, &key);
  if (!map) return 0;
  __u64* value = bpf_map_lookup_elem(map, &key);
  if (value) *value += 1;
  return 1;
}

SEC("xdp/old") int old_way(struct xdp_md* ctx) {
  __u32 key = ctx->rx_queue_index;
  void* map = bpf_map_lookup_elem(&old, &key);
  if (!map) return 0;
  __u64* value = bpf_map_lookup_elem(map, &key);
  return value ? value[1] : 0;
}
