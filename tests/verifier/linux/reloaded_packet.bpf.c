// SPDX-License-Identifier: Apache-2.0
/* accept: pointers are loaded and checked again after each helper that may move the packet. */
#include "linux.h"

SEC("xdp") int grow(struct xdp_md* ctx) {
  if (bpf_xdp_adjust_head(ctx, -8)) return XDP_ABORTED;
  __u8 *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  if (data + 8 > end) return XDP_ABORTED;
  __builtin_memset(data, 0, 8);
  return XDP_PASS;
}

SEC("classifier") int rewrite(struct __sk_buff* skb) {
  __u8 *data = (void*)(long)skb->data, *end = (void*)(long)skb->data_end;
  if (data + 14 > end) return 0;
  __u8 mac[6];
  __builtin_memcpy(mac, data, 6);
  if (bpf_skb_store_bytes(skb, 6, mac, sizeof mac, 0)) return 0;
  data = (void*)(long)skb->data;
  end = (void*)(long)skb->data_end;
  if (data + 14 > end) return 0;
  return data[6];
}
