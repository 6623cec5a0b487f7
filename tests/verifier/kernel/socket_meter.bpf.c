// SPDX-License-Identifier: Apache-2.0
// Lets through so many bytes for each mark: numbers of the context only, signed and unsigned, in a subprogram of its
// own.
#include "packet.h"

struct meter {
  __s64 left;
  __u32 dropped, passed;
};
MAP(BPF_MAP_TYPE_HASH, __u64, struct meter, 64) meters SEC(".maps");
__u64 sizes[33];

static __noinline unsigned log2_of(__u32 value) {
  unsigned bits = 0;
  for (int step = 16; step > 0; step /= 2) {
    if (value >> step) {
      value >>= step;
      bits += step;
    }
  }
  return bits + (value != 0);
}

SEC("socket") int meter(struct __sk_buff* skb) {
  unsigned size = log2_of(skb->len);
  if (size < 33) sizes[size]++;
  __u64 key = skb->mark & 15;
  struct meter* meter = bpf_map_lookup_elem(&meters, &key);
  if (!meter) {
    struct meter fresh = {.left = (__s32)skb->cb[0] >> 4, .passed = 1};
    bpf_map_update_elem(&meters, &key, &fresh, BPF_ANY);
    skb->cb[1] = size;
    return -1;
  }
  meter->left += ((__s32)skb->cb[2] >> 4) - (__s64)skb->len;
  if (meter->left < 0) {
    meter->dropped++;
    skb->cb[4] = meter->dropped;
    return 0;
  }
  meter->passed++;
  return skb->len;
}
char LICENSE[] SEC("license") = "GPL";
