/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes the payload by COBS into the frame. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("frame/cobs")
int cobs_encode(struct frame_ctx* ctx) {
  uint8_t* out = (uint8_t*)(unsigned long)ctx->data;
  uint8_t* end = (uint8_t*)(unsigned long)ctx->data_end;
  uint32_t n = ctx->payload_bytes;
  if (n > sizeof ctx->payload) return NO_FRAME;
  if (out + sizeof ctx->payload + 2 > end) return NO_FRAME;
  uint32_t code_at = 0, at = 1;
  uint8_t code = 1;
  for (uint32_t i = 0; i < n; i++) {
    uint8_t byte = ctx->payload[i];
    if (byte == 0) {
      out[code_at] = code;
      code_at = at++;
      code = 1;
    } else {
      out[at++] = byte;
      code++;
    }
  }
  out[code_at] = code;
  out[at++] = 0;
  return (int)at;
}
