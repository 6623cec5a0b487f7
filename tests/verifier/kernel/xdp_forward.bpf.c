// SPDX-License-Identifier: Apache-2.0
// Sends back: swaps addresses, counts the hops down, and writes the header's checksum anew, over all of its words.
#include "packet.h"

__u32 expired;

static __always_inline __u16 checksum(const __u16* words, int count) {
  __u32 sum = 0;
  for (int i = 0; i < count; i++) sum += words[i];
  sum = (sum & 0xffff) + (sum >> 16);
  sum += sum >> 16;
  return ~sum;
}

SEC("xdp") int forward(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end) return XDP_DROP;
  if ((ip->version & 1) == 0 && ip->ihl == 15) return XDP_PASS;
  if (ip->ttl <= 1) {
    expired++;
    return XDP_DROP;
  }
  for (int i = 0; i < ETH_ALEN; i++) {
    __u8 kept = eth->h_dest[i];
    eth->h_dest[i] = eth->h_source[i];
    eth->h_source[i] = kept;
  }
  __u32 from = ip->saddr;
  ip->saddr = ip->daddr;
  ip->daddr = from;
  ip->ttl--;
  ip->check = 0;
  ip->check = checksum((const __u16*)ip, sizeof *ip / 2);
  return XDP_TX;
}
char LICENSE[] SEC("license") = "GPL";
