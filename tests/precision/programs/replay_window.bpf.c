/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses sequence numbers that were seen: a window of 64 for each source. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct window {
  uint32_t highest;
  uint64_t seen; /* bit n: highest - n */
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, uint32_t);
  __type(value, struct window);
} windows SEC(".maps");

SEC("packet/secure")
int replay_window(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  if (ctx->data + 8 > ctx->data_end) return DROP;
  uint32_t sequence = 0;
  for (int i = 4; i < 8; i++) sequence = sequence << 8 | p[i];
  uint32_t source = ctx->source;
  struct window* w = bpf_map_lookup_elem(&windows, &source);
  if (!w) {
    struct window fresh;
    __builtin_memset(&fresh, 0, sizeof(fresh));
    fresh.highest = sequence;
    fresh.seen = 1;
    return bpf_map_update_elem(&windows, &source, &fresh, BPF_NOEXIST) == 0 ? PASS : DROP;
  }
  if (sequence > w->highest) {
    uint32_t ahead = sequence - w->highest;
    w->seen = ahead < 64 ? w->seen << ahead | 1 : 1;
    w->highest = sequence;
    return PASS;
  }
  uint32_t behind = w->highest - sequence;
  if (behind >= 64 || w->seen >> behind & 1) return DROP;
  w->seen |= 1ull << behind;
  return PASS;
}
