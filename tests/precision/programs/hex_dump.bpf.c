/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal of the payload, into the frame; pointers that move along. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static inline char digit(uint8_t v) { return v < 10 ? '0' + v : 'a' + v - 10; }

SEC("frame/hex")
int hex_dump(struct frame_ctx* ctx) {
  char* out = (char*)(unsigned long)ctx->data;
  char* end = (char*)(unsigned long)ctx->data_end;
  char* p = out;
  uint32_t n = ctx->payload_bytes;
  if (n > 64) n = 64;
  for (uint32_t i = 0; i < n; i++) {
    if (p + 3 > end) break;
    *p++ = digit(ctx->payload[i] >> 4);
    *p++ = digit(ctx->payload[i] & 15);
    *p++ = i + 1 < n ? ' ' : '\n';
  }
  return (int)(p - out);
}
