/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of each port in the last two seconds, in eight slots of a quarter: too many and the port is closed. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define SLOTS 8
#define SLOT_NS 250000000ull
#define LIMIT 40

struct rate {
  uint64_t slot; /* the newest one's number */
  uint16_t packets[SLOTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16);
  __type(key, uint32_t);
  __type(value, struct rate);
} rates SEC(".maps");

SEC("packet/rate")
int rate_window(struct packet_ctx* ctx) {
  uint32_t port = ctx->port;
  uint64_t now = ctx->time_ns / SLOT_NS;
  struct rate* r = bpf_map_lookup_elem(&rates, &port);
  if (!r) {
    struct rate fresh = {.slot = now};
    fresh.packets[now % SLOTS] = 1;
    bpf_map_update_elem(&rates, &port, &fresh, BPF_ANY);
    return PASS;
  }
  uint64_t passed = now - r->slot;
  if (passed > SLOTS) passed = SLOTS;
  for (uint64_t i = 0; i < passed; i++) r->packets[(now - i) % SLOTS] = 0;
  r->slot = now;
  r->packets[now % SLOTS]++;
  uint32_t sum = 0;
  for (int i = 0; i < SLOTS; i++) sum += r->packets[i];
  return sum > LIMIT ? DROP : PASS;
}
