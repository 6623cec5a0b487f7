/* SPDX-License-Identifier: Apache-2.0 */
/* Takes signals out of CAN frames (id, length, eight bytes) as a table says: start bit, bits, signed or not. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct signal {
  uint16_t id;
  uint8_t start;
  uint8_t bits;
  uint8_t is_signed;
};

#define SIGNALS 5
static const struct signal signals[SIGNALS] = {
    {0x101, 0, 12, 0}, {0x101, 12, 10, 1}, {0x120, 7, 16, 1}, {0x2a0, 40, 24, 0}, {0x2a0, 3, 1, 0},
};

int32_t latest[SIGNALS];

struct can_frame {
  uint16_t id;
  uint8_t length;
  uint8_t flags;
  uint8_t data[8];
};

SEC("packet/can")
int can_signals(struct packet_ctx* ctx) {
  const struct can_frame* frame = (const struct can_frame*)(unsigned long)ctx->data;
  const void* end = (const void*)(unsigned long)ctx->data_end;
  int found = 0;
  for (; (const void*)(frame + 1) <= end; frame++) {
    if (frame->length > 8) return DROP;
    uint64_t all = 0;
    for (int i = 0; i < frame->length; i++) all |= (uint64_t)frame->data[i] << (8 * i);
    for (const struct signal* s = signals; s < signals + SIGNALS; s++) {
      if (s->id != frame->id || s->start + s->bits > frame->length * 8) continue;
      uint32_t value = all >> s->start & ((1ull << s->bits) - 1);
      if (s->is_signed && value >> (s->bits - 1)) value |= ~0u << s->bits;
      latest[s - signals] = value;
      found = 1;
    }
  }
  return found ? MARK : PASS;
}
