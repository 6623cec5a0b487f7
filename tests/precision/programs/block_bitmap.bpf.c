/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps account of the blocks of a firmware image that have arrived, and asks for the first that is missing. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define BLOCKS 512

struct transfer {
  uint64_t have[BLOCKS / 64];
  uint16_t total;
  uint16_t arrived;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, uint32_t);
  __type(value, struct transfer);
} transfers SEC(".maps");

struct block_header {
  uint16_t number;
  uint16_t total;
};

uint32_t missing;

SEC("packet/image")
int block_bitmap(struct packet_ctx* ctx) {
  const struct block_header* head = (const struct block_header*)(unsigned long)ctx->data;
  if ((const uint8_t*)(head + 1) > (const uint8_t*)(unsigned long)ctx->data_end) return DROP;
  uint32_t source = ctx->source;
  struct transfer* t = bpf_map_lookup_elem(&transfers, &source);
  if (!t) {
    struct transfer fresh = {.total = head->total};
    if (fresh.total > BLOCKS) return DROP;
    bpf_map_update_elem(&transfers, &source, &fresh, BPF_ANY);
    t = bpf_map_lookup_elem(&transfers, &source);
    if (!t) return DROP;
  }
  uint16_t total = t->total;
  uint16_t number = head->number;
  if (total > BLOCKS || number >= total) return DROP;
  uint64_t bit = 1ull << (number & 63);
  if (t->have[number >> 6] & bit) return PASS;
  t->have[number >> 6] |= bit;
  if (++t->arrived == total) return MARK;
  for (uint16_t i = 0; i < total; i++) {
    if (t->have[i / 64] >> (i % 64) & 1) continue;
    missing = i;
    return REPLY;
  }
  return MARK;
}
