/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a request into its reply in place: swaps addresses and ports, sets a flag. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct header {
  uint16_t source;
  uint16_t destination;
  uint16_t length;
  uint8_t flags;
  uint8_t hops;
};

SEC("frame/reply")
int swap_reply(struct frame_ctx* ctx) {
  struct header* h = (struct header*)(unsigned long)ctx->data;
  if ((void*)(h + 1) > (void*)(unsigned long)ctx->data_end) return NO_FRAME;
  if (h->flags & 0x80) return NO_FRAME;
  uint16_t s = h->source;
  h->source = h->destination;
  h->destination = s;
  h->flags |= 0x80;
  if (h->hops == 0) return NO_FRAME;
  h->hops--;
  uint32_t length = h->length;
  if (length > FRAME_MAX) length = FRAME_MAX;
  ctx->length = length;
  return (int)length;
}
