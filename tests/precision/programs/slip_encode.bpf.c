/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the payload into the frame by SLIP, as much escaped as needed. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define END 0xc0
#define ESC 0xdb

SEC("frame/slip")
int slip_encode(struct frame_ctx* ctx) {
  uint8_t* frame = (uint8_t*)(unsigned long)ctx->data;
  uint32_t room = ctx->data_end - ctx->data;
  uint32_t n = 0;
  uint32_t size = ctx->payload_bytes;
  if (size > sizeof(ctx->payload) || room < 2) return NO_FRAME;
  frame[n++] = END;
  for (const uint8_t* p = ctx->payload; p < ctx->payload + size; p++) {
    uint32_t need = *p == END || *p == ESC ? 2 : 1;
    if (n + need + 1 > room) return NO_FRAME; /* the last END has to go in too */
    switch (*p) {
      case END:
        frame[n++] = ESC;
        frame[n++] = 0xdc;
        break;
      case ESC:
        frame[n++] = ESC;
        frame[n++] = 0xdd;
        break;
      default:
        frame[n++] = *p;
    }
  }
  frame[n++] = END;
  return n;
}
