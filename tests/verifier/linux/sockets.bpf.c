// SPDX-License-Identifier: Apache-2.0
/* accept: a socket is looked up, looked into, and released on every path. */
#include "linux.h"

SEC("classifier") int prog(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple = {};
  tuple.ipv4.dport = 80;
  struct bpf_sock* sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0);
  if (!sk) return 0;
  int state = sk->state;
  struct bpf_tcp_sock* tcp = bpf_tcp_sock(sk);
  if (tcp) state += tcp->snd_cwnd;
  bpf_sk_release(sk);
  return state;
}
