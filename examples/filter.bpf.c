/* SPDX-License-Identifier: Apache-2.0 */
/* Drops UDP payloads that begin with "BAD", and everything sent to port 9, and counts both by reason: access to packet
 * bytes behind a check against data_end, and a hash map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define PORT_DISCARD 9 /* RFC 863 */

enum reason { REASON_PORT = 1, REASON_MARKED = 2 };

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, uint32_t);
  __type(value, uint64_t);
} dropped SEC(".maps");

static __always_inline int drop(uint32_t reason) {
  uint64_t* count = bpf_map_lookup_elem(&dropped, &reason);
  if (count) {
    *count += 1;
  } else {
    uint64_t first = 1;
    bpf_map_update_elem(&dropped, &reason, &first, BPF_ANY);
  }
  return DEMO_DROP;
}

SEC("packet")
int filter(struct packet_ctx* ctx) {
  if (ctx->port == PORT_DISCARD) return drop(REASON_PORT);
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 3 > end) return DEMO_PASS;
  if (data[0] == 'B' && data[1] == 'A' && data[2] == 'D') return drop(REASON_MARKED);
  return DEMO_PASS;
}
