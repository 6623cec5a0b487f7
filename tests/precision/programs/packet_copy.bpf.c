/* SPDX-License-Identifier: Apache-2.0 */
/* Copies up to 64 bytes of the packet into a ring buffer's record of fixed size. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct capture {
  uint64_t time_ns;
  uint32_t length;
  uint8_t bytes[64];
  uint32_t reserved;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} captures SEC(".maps");

SEC("packet/capture")
int packet_copy(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  struct capture* c = bpf_ringbuf_reserve(&captures, sizeof *c, 0);
  if (!c) return PASS;
  c->time_ns = ctx->time_ns;
  c->length = end - data;
  uint32_t n = c->length < 64 ? c->length : 64;
  for (uint32_t i = 0; i < 64; i++) {
    if (i < n && data + i + 1 <= end)
      c->bytes[i] = data[i];
    else
      c->bytes[i] = 0;
  }
  bpf_ringbuf_submit(c, 0);
  return PASS;
}
