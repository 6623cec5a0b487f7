// SPDX-License-Identifier: Apache-2.0
// Walks the options of TCP, whose lengths are data, and the labels of a name behind them.
#include "packet.h"

MAP(BPF_MAP_TYPE_ARRAY, __u32, __u32, 32) kinds SEC(".maps");
__u16 largest_segment;
__u32 labels;

SEC("xdp") int options(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  const __u8* at = data + sizeof(struct ethhdr);
  for (int i = 0; i < 5; i++) {
    if ((void*)(at + 2) > end) return XDP_PASS;
    __u32 kind = at[0] & 31;
    if (kind == 0) break;
    __u32* count = bpf_map_lookup_elem(&kinds, &kind);
    if (count) *count += 1;
    if (kind == 1) {
      at++;
      continue;
    }
    __u8 length = at[1] & 15;
    if (length < 2) return XDP_ABORTED;
    if (kind == 2 && length == 4 && (void*)(at + 4) <= end) largest_segment = at[2] << 8 | at[3];
    at += length;
  }
  for (int i = 0; i < 3; i++) {
    if ((void*)(at + 1) > end) return XDP_DROP;
    __u8 length = *at & 63;
    if (length == 0) return XDP_PASS;
    labels++;
    at += 1 + length;
  }
  return XDP_DROP;
}
char LICENSE[] SEC("license") = "GPL";
