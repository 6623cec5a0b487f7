// SPDX-License-Identifier: Apache-2.0
/* reject reservation-leaked: the socket is not released where its family is another. */
#include "linux.h"

SEC("classifier") int prog(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple = {};
  struct bpf_sock* sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0); /* here */
  if (!sk) return 0;
  if (sk->family != 2) return 1;
  bpf_sk_release(sk);
  return 2;
}
