// SPDX-License-Identifier: Apache-2.0
// Counts by flow: a hash that takes in what it has not seen, until it is full.
#include "packet.h"

struct flow {
  __u32 from, to;
  __u16 from_port, to_port;
  __u32 protocol;
};
struct counts {
  __u64 packets, bytes;
};
MAP(BPF_MAP_TYPE_HASH, struct flow, struct counts, 64) flows SEC(".maps");
MAP(BPF_MAP_TYPE_ARRAY, __u32, __u64, 256) protocols SEC(".maps");
__u32 others, full;

SEC("xdp") int count_flows(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  const struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return XDP_ABORTED;
  if (eth->h_proto != bpf_htons(ETH_P_IP) && (eth->h_source[0] & 1)) {
    others++;
    return XDP_PASS;
  }
  const struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end) return XDP_PASS;
  __u32 protocol = ip->protocol;
  __u64* of_protocol = bpf_map_lookup_elem(&protocols, &protocol);
  if (of_protocol) __sync_fetch_and_add(of_protocol, 1);
  struct flow flow = {.from = ip->saddr & 3, .to = ip->daddr & 1, .protocol = protocol};
  const struct udphdr* ports = (void*)ip + (ip->ihl & 15) * 4;
  if ((void*)(ports + 1) <= end && protocol < 100) {
    flow.from_port = ports->source;
    flow.to_port = ports->dest;
  }
  struct counts* seen = bpf_map_lookup_elem(&flows, &flow);
  if (seen) {
    seen->packets++;
    seen->bytes += (__u64)(bpf_ntohs(ip->tot_len));
    return seen->packets > 1000 ? XDP_DROP : XDP_PASS;
  }
  struct counts first = {1, bpf_ntohs(ip->tot_len)};
  if (bpf_map_update_elem(&flows, &flow, &first, BPF_NOEXIST)) full++;
  return XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
