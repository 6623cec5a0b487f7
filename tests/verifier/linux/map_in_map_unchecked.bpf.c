// SPDX-License-Identifier: Apache-2.0
/* reject null-unchecked: there may be no map under that key. */
#include "linux.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u32);
      });
} outer SEC(".maps");

SEC("xdp") int prog(struct xdp_md* ctx) {
  __u32 key = 0;
  void* map = bpf_map_lookup_elem(&outer, &key);
  return bpf_map_lookup_elem(map, &key) ? 1 : 0; /* here */
}
