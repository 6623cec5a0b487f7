/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the payload into the frame as base32 with padding. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

SEC("frame/base32")
int base32(struct frame_ctx* ctx) {
  char* out = (char*)(unsigned long)ctx->data;
  uint32_t room = ctx->data_end - ctx->data;
  uint32_t bytes = ctx->payload_bytes;
  if (bytes > sizeof(ctx->payload)) return NO_FRAME;
  uint32_t need = (bytes + 4) / 5 * 8;
  if (need > room) return NO_FRAME;
  uint32_t n = 0;
  uint32_t held = 0, bits = 0;
  for (uint32_t i = 0; i < bytes; i++) {
    held = held << 8 | ctx->payload[i];
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out[n++] = alphabet[held >> bits & 31];
    }
  }
  if (bits > 0) out[n++] = alphabet[held << (5 - bits) & 31];
  while (n < need) out[n++] = '=';
  return n;
}
