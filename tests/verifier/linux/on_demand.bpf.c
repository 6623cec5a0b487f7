// SPDX-License-Identifier: Apache-2.0
/* accept: a function that others call is no program unless it is named. */
#include "linux.h"

__attribute__((noinline)) int reads(struct __sk_buff* skb) { return skb->len; }
__attribute__((noinline)) int adds(int a, unsigned long long b) { return a + (int)b; }

SEC("classifier") int prog(struct __sk_buff* skb) { return reads(skb) + adds(skb->mark, 2); }
