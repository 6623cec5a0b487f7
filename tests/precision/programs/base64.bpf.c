/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes the payload as base64 into the frame. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

SEC("frame/base64")
int base64(struct frame_ctx* ctx) {
  char* out = (char*)(unsigned long)ctx->data;
  char* end = (char*)(unsigned long)ctx->data_end;
  uint32_t n = ctx->payload_bytes;
  if (n > 48) return NO_FRAME;
  if (out + 64 > end) return NO_FRAME;
  uint32_t at = 0;
  for (uint32_t i = 0; i < n; i += 3) {
    uint32_t left = n - i;
    uint32_t v = ctx->payload[i] << 16;
    if (left > 1) v |= ctx->payload[i + 1] << 8;
    if (left > 2) v |= ctx->payload[i + 2];
    out[at] = alphabet[v >> 18];
    out[at + 1] = alphabet[(v >> 12) & 63];
    out[at + 2] = left > 1 ? alphabet[(v >> 6) & 63] : '=';
    out[at + 3] = left > 2 ? alphabet[v & 63] : '=';
    at += 4;
  }
  return (int)at;
}
