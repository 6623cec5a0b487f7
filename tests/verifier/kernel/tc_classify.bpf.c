// SPDX-License-Identifier: Apache-2.0
// Marks packets by what is in them: a switch, globals, the context's fields, a table that is searched by halves.
#include "packet.h"

const volatile __u32 limits[16] = {1,    10,   50,    100,   200,   400,    800,    1600,
                                   3200, 6400, 12800, 25600, 51200, 102400, 204800, 409600};
__u64 by_class[8];
__u32 last_mark;

static __noinline __u32 class_of(__u32 size) {
  __u32 low = 0, high = 15;
  for (int i = 0; i < 5 && low < high; i++) {
    __u32 middle = (low + high) / 2;
    if (middle >= 16) break;
    if (limits[middle] < size) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

SEC("tc") int classify(struct __sk_buff* skb) {
  void *data = (void*)(long)skb->data, *end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return 2;
  __u32 class = class_of(skb->len);
  switch (eth->h_proto & 7) {
    case 0:
      class += 1;
      break;
    case 1:
      class ^= 5;
      break;
    case 4:
      class = skb->mark % 7;
      break;
    case 6:
      eth->h_source[5] = skb->priority;
      break;
    default:
      class += skb->cb[1] & 3;
  }
  by_class[class & 7] += skb->len;
  skb->cb[0] = class;
  skb->mark = last_mark ^ class;
  last_mark = class * 3;
  skb->priority = class & 3;
  return class > 6 ? 2 : 0;
}
char LICENSE[] SEC("license") = "GPL";
