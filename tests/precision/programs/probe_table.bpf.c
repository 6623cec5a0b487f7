/* SPDX-License-Identifier: Apache-2.0 */
/* Counts sources in a hash table with linear probing that is one value of an array map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define SLOTS 32

struct slot {
  uint32_t key; /* 0: free */
  uint32_t packets;
};

struct table {
  struct slot slots[SLOTS];
  uint32_t used;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct table);
} tables SEC(".maps");

static uint32_t hash(uint32_t key) {
  key ^= key >> 16;
  key *= 0x85ebca6b;
  key ^= key >> 13;
  return key;
}

SEC("packet")
int probe_table(struct packet_ctx* ctx) {
  uint32_t zero = 0;
  struct table* t = bpf_map_lookup_elem(&tables, &zero);
  if (!t || ctx->source == 0) return PASS;
  uint32_t at = hash(ctx->source) % SLOTS;
  for (int tries = 0; tries < SLOTS; tries++) {
    struct slot* s = &t->slots[at];
    if (s->key == ctx->source) {
      s->packets++;
      return s->packets > 1000 ? DROP : PASS;
    }
    if (s->key == 0) {
      s->key = ctx->source;
      s->packets = 1;
      t->used++;
      return MARK;
    }
    if (++at == SLOTS) at = 0;
  }
  return DROP;
}
