// SPDX-License-Identifier: Apache-2.0
/* accept: what lies before the packet, from XDP to tc. */
#include "linux.h"

struct meta {
  __u32 mark;
};

SEC("xdp_mark") int set(struct xdp_md* ctx) {
  if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(struct meta))) return XDP_ABORTED;
  void* data = (void*)(long)ctx->data;
  struct meta* meta = (void*)(long)ctx->data_meta;
  if ((void*)(meta + 1) > data) return XDP_ABORTED;
  meta->mark = 42;
  return XDP_PASS;
}

SEC("tc_mark") int get(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  struct meta* meta = (void*)(long)skb->data_meta;
  if ((void*)(meta + 1) > data) return 0;
  skb->mark = meta->mark;
  return 0;
}
