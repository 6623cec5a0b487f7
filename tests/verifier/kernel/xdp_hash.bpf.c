// SPDX-License-Identifier: Apache-2.0
// A hash over the packet's first bytes and a filter of bits: rotations, multiplications, arrays that are indexed by
// data.
#include "packet.h"

__u64 bits[64];
const volatile __u32 seed = 0x9e3779b9;
MAP(BPF_MAP_TYPE_ARRAY, __u32, __u64, 16) buckets SEC(".maps");

static __u32 rotated(__u32 x, unsigned by) { return x << by | x >> (32 - by); }

static __noinline __u32 mixed(__u32 a, __u32 b) {
  a ^= b;
  a *= 0x85ebca6b;
  a = rotated(a, 13);
  return a * 5 + 0xe6546b64;
}

SEC("xdp") int hash(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  __u32 h = seed;
  const __u32* word = data;
  for (int i = 0; i < 16; i++) {
    if ((void*)(word + i + 1) > end) break;
    h = mixed(h, word[i]);
  }
  h ^= h >> 16;
  __u32 index = h & 63;
  __u64 bit = 1ull << (h >> 6 & 63);
  int known = (bits[index] & bit) != 0;
  bits[index] |= bit;
  __u32 bucket = h % 16;
  __u64* value = bpf_map_lookup_elem(&buckets, &bucket);
  if (value) *value = *value * 31 + h;
  return known ? XDP_DROP : XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
