/* SPDX-License-Identifier: Apache-2.0 */
/* The last eight sources, most recent first: found ones move to the front. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ENTRIES 8

struct recent {
  uint32_t source[ENTRIES];
  uint8_t used;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct recent);
} recents SEC(".maps");

SEC("packet")
int lru_front(struct packet_ctx* ctx) {
  uint32_t zero = 0;
  struct recent* r = bpf_map_lookup_elem(&recents, &zero);
  if (!r) return PASS;
  uint8_t used = r->used;
  if (used > ENTRIES) used = 0;
  int at = 0;
  while (at < used && r->source[at] != ctx->source) at++;
  int known = at < used;
  if (!known) {
    if (used < ENTRIES)
      r->used = used + 1;
    else
      at = ENTRIES - 1;
  }
  for (; at > 0; at--) r->source[at] = r->source[at - 1];
  r->source[0] = ctx->source;
  return known ? PASS : MARK;
}
