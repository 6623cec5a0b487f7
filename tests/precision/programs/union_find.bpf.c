/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the channels that are seen at the same level: union-find with path halving in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define NODES 16

uint8_t parent[NODES];

static __noinline uint32_t root_of(uint32_t node) {
  if (node >= NODES) return 0;
  for (int steps = 0; steps < NODES; steps++) {
    uint8_t up = parent[node];
    if (up >= NODES) { /* never set or damaged */
      parent[node] = node;
      return node;
    }
    if (up == node) break;
    uint8_t above = parent[up];
    if (above >= NODES) above = up;
    parent[node] = above;
    node = above;
  }
  return node;
}

SEC("sample/groups")
int union_find(struct sample_ctx* ctx) {
  for (uint8_t i = 0; i < NODES; i++) parent[i] = i;
  for (uint32_t i = 0; i < FIELD_RAW; i++) {
    for (uint32_t j = i + 1; j < FIELD_RAW; j++) {
      if (ctx->raw[i] >> 8 != ctx->raw[j] >> 8) continue;
      uint32_t a = root_of(i);
      uint32_t b = root_of(j);
      if (a != b) parent[b] = a;
    }
  }
  int groups = 0;
  for (uint32_t i = 0; i < NODES; i++) groups += parent[i] == i;
  return groups;
}
