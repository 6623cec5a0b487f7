// SPDX-License-Identifier: Apache-2.0
/* accept: a socket's storage is asked for, made from a value or from none. */
#include "linux.h"

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} seen SEC(".maps");

SEC("classifier") int prog(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  if (!sk) return 0;
  sk = bpf_sk_fullsock(sk);
  if (!sk) return 0;
  __u64* count = bpf_sk_storage_get(&seen, sk, 0, 0);
  if (!count) {
    __u64 first = skb->len;
    count = bpf_sk_storage_get(&seen, sk, &first, BPF_SK_STORAGE_GET_F_CREATE);
  }
  if (count) *count += 1;
  return 0;
}
