// SPDX-License-Identifier: Apache-2.0
/* reject use-after-release: the helper may have moved the packet that the pointer points into. */
#include "linux.h"

SEC("classifier") int prog(struct __sk_buff* skb) {
  __u8 *data = (void*)(long)skb->data, *end = (void*)(long)skb->data_end;
  if (data + 20 > end) return 0;
  if (bpf_skb_pull_data(skb, 40)) return 0;
  return data[3]; /* here */
}
