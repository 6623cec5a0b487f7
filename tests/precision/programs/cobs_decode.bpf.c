/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a COBS frame of a packet into a buffer in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ROOM 256

uint8_t decoded[ROOM];
uint32_t decoded_bytes;

SEC("packet/cobs")
int cobs_decode(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t n = 0;
  uint8_t left = 0, zero_after = 0;
  while (p < end && n < ROOM) {
    uint8_t c = *p++;
    if (c == 0) break;
    if (left == 0) {
      if (zero_after) decoded[n++] = 0;
      left = c - 1;
      zero_after = c != 0xff;
    } else {
      decoded[n++] = c;
      left--;
    }
  }
  if (left != 0) return DROP;
  decoded_bytes = n;
  return PASS;
}
