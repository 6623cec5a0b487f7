// SPDX-License-Identifier: Apache-2.0
// Headers in headers, down to a limit; copies what it finds to the stack, and to a map from there.
#include "packet.h"

struct header {
  __u8 kind, length;
  __u16 id;
};
struct found {
  struct header headers[6];
  __u32 depth, bytes;
};
MAP(BPF_MAP_TYPE_HASH, __u32, struct found, 32) seen SEC(".maps");
__u32 refused;

SEC("tc") int tunnel(struct __sk_buff* skb) {
  void *data = (void*)(long)skb->data, *end = (void*)(long)skb->data_end;
  struct found found = {};
  const __u8* at = data + sizeof(struct ethhdr);
  for (int i = 0; i < 6; i++) {
    const struct header* header = (const void*)at;
    if ((void*)(header + 1) > end || (header->kind & 3) == 3) break;
    found.headers[i] = *header;
    found.depth++;
    found.bytes += header->length & 31;
    at += sizeof *header + (header->length & 31);
  }
  __u32 key = found.depth ? found.headers[0].id & 15 : 99;
  if (found.bytes > 90) {
    bpf_map_delete_elem(&seen, &key);
    return 2;
  }
  if (bpf_map_update_elem(&seen, &key, &found, BPF_ANY)) refused++;
  return (int)found.depth;
}
char LICENSE[] SEC("license") = "GPL";
