// SPDX-License-Identifier: Apache-2.0
/* reject read-only: a socket filter may not change the packet's mark. */
#include "linux.h"

SEC("socket") int prog(struct __sk_buff* skb) {
  skb->mark = 1; /* here */
  return 0;
}
