// SPDX-License-Identifier: Apache-2.0
/* accept: the packet access of classic BPF needs no check, and may end the program. */
#include "linux.h"

unsigned long long load_byte(void* skb, unsigned long long at) asm("llvm.bpf.load.byte");
unsigned long long load_half(void* skb, unsigned long long at) asm("llvm.bpf.load.half");

struct bpf_map_def counts SEC("maps") = {
    .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 256};

SEC("socket1") int prog(struct __sk_buff* skb) {
  if (load_half(skb, 12) != 0x800) return 0;
  __u32 index = load_byte(skb, 14 + (load_byte(skb, 14) & 15) * 4);
  __u64* value = bpf_map_lookup_elem(&counts, &index);
  if (value) __sync_fetch_and_add(value, skb->len);
  return 0;
}
