/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a key has been seen before, perhaps: three bits of 1024 in a map's value. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define BITS 1024

struct filter {
  uint32_t words[BITS / 32];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, uint32_t);
  __type(value, struct filter);
} filters SEC(".maps");

SEC("packet/bloom")
int bloom_filter(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t which = ctx->time_ns / 1000000000 / 60 % 2; /* one fills while the other ages */
  struct filter* f = bpf_map_lookup_elem(&filters, &which);
  if (!f) return PASS;
  uint32_t h1 = 2166136261u, h2 = 5381;
  for (int i = 0; i < 16 && p < end; i++, p++) {
    h1 = (h1 ^ *p) * 16777619u;
    h2 = h2 * 33 + *p;
  }
  int seen = 1;
  for (uint32_t k = 0; k < 3; k++) {
    uint32_t bit = (h1 + k * h2) % BITS;
    uint32_t mask = 1u << (bit % 32);
    if (!(f->words[bit / 32] & mask)) {
      seen = 0;
      f->words[bit / 32] |= mask;
    }
  }
  return seen ? DROP : PASS;
}
