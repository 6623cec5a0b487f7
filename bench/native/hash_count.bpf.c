/* SPDX-License-Identifier: Apache-2.0 */
/* Counts in a hash map: packets and bytes by sender, of records in a packet. */
#include "bench.h"

struct total {
  uint64_t bytes;
  uint32_t packets, reserved;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, uint32_t);
  __type(value, struct total);
} totals SEC(".maps");

SEC("packet") uint64_t hash_count(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t known = 0;
  ROLLED for (int i = 0; i < 32; i++) {
    if (data + 8 > end) break;
    uint32_t key = *(const uint32_t*)data;
    uint32_t bytes = *(const uint16_t*)(data + 4);
    struct total* total = bpf_map_lookup_elem(&totals, &key);
    if (total) {
      total->bytes += bytes;
      total->packets++;
      known++;
    } else {
      struct total first = {bytes, 1, 0};
      bpf_map_update_elem(&totals, &key, &first, BPF_ANY);
    }
    data += 8;
  }
  return known;
}
