// SPDX-License-Identifier: Apache-2.0
/* reject use-after-release: what was found through what was found through a socket goes with the socket. */
#include "linux.h"

SEC("classifier") int prog(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple = {};
  struct bpf_sock* sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0);
  if (!sk) return 0;
  struct bpf_sock* full = bpf_sk_fullsock(sk);
  struct bpf_tcp_sock* tcp = full ? bpf_tcp_sock(full) : 0;
  bpf_sk_release(sk);
  if (!tcp) return 0;
  return tcp->snd_cwnd; /* here */
}
