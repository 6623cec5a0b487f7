// SPDX-License-Identifier: Apache-2.0
/* accept: maps defined in the old way, by two loaders' structures, and sections named as those loaders like it. */
#include "linux.h"

struct bpf_map_def counts SEC("maps") = {
    .type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4};
struct bpf_elf_map programs SEC("maps") = {
    .type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 8, .id = 2, .pinning = 2};

static __always_inline void count(__u32 which) {
  __u64* value = bpf_map_lookup_elem(&counts, &which);
  if (value) *value += 1;
}

SEC("from-netdev") int from_netdev(struct __sk_buff* skb) {
  void *data = (void*)(long)skb->data, *end = (void*)(long)skb->data_end;
  count(0);
  if (data + 14 > end) return 0;
  skb->cb[0] = *(__u16*)(data + 12);
  bpf_tail_call(skb, &programs, 7);
  return -1;
}

SEC("2/7") int from_the_array(struct __sk_buff* skb) {
  count(1);
  return skb->cb[0] == 8 ? 0 : 2;
}

SEC("tc/tail") int another(struct __sk_buff* skb) { return skb->mark; }
