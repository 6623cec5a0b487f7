// SPDX-License-Identifier: Apache-2.0
/* accept: a value of the map, or one of its own; which one it was is asked afterwards. */
#include "linux.h"

struct item {
  __u64 when, count;
};
struct bpf_map_def items SEC("maps") = {
    .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = sizeof(struct item), .max_entries = 64};

SEC("kprobe/a_function") int enter(struct pt_regs* ctx) {
  struct item own = {};
  __u32 key = ctx->rdi;
  struct item* item = bpf_map_lookup_elem(&items, &key);
  if (!item) item = &own;
  item->count++;
  item->when = bpf_ktime_get_ns();
  if (item == &own) bpf_map_update_elem(&items, &key, item, 0);
  return 0;
}

SEC("xdp") int size(struct xdp_md* ctx) {
  __u32 length = (__u32)(long)ctx->data_end - (__u32)(long)ctx->data;
  return length > 64 ? XDP_DROP : XDP_PASS;
}
