/* SPDX-License-Identifier: Apache-2.0 */
/* Packs the payload as (count, byte) pairs into the frame. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("frame/rle")
int rle_encode(struct frame_ctx* ctx) {
  uint8_t* out = (uint8_t*)(unsigned long)ctx->data;
  uint8_t* end = (uint8_t*)(unsigned long)ctx->data_end;
  uint8_t* start = out;
  uint32_t n = ctx->payload_bytes < 64 ? ctx->payload_bytes : 64;
  uint32_t i = 0;
  while (i < n) {
    uint8_t byte = ctx->payload[i];
    uint32_t run = 1;
    while (i + run < n && ctx->payload[i + run] == byte) run++;
    if (out + 2 > end) return NO_FRAME;
    *out++ = run;
    *out++ = byte;
    i += run;
  }
  return out - start;
}
