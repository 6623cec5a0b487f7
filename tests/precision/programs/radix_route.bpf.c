/* SPDX-License-Identifier: Apache-2.0 */
/* Longest prefix of an address in a binary trie kept in a map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define NODES 64

struct node {
  uint8_t child[2]; /* 0: none */
  uint8_t route;
  uint8_t reserved;
};

struct trie {
  struct node nodes[NODES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct trie);
} tries SEC(".maps");

SEC("packet/route")
int radix_route(struct packet_ctx* ctx) {
  uint32_t zero = 0;
  struct trie* t = bpf_map_lookup_elem(&tries, &zero);
  if (!t) return PASS;
  uint32_t address = ctx->source;
  uint8_t route = 0;
  uint32_t at = 0;
  for (int bit = 31; bit >= 0; bit--) {
    struct node* n = &t->nodes[at];
    if (n->route) route = n->route;
    at = n->child[(address >> bit) & 1];
    if (at == 0 || at >= NODES) break;
  }
  return route > 3 ? DROP : route;
}
