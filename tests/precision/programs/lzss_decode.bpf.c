/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks LZSS (flag bytes, then bytes or distance and length) into a buffer in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ROOM 512

uint8_t plain[ROOM];
uint32_t plain_bytes;

SEC("packet/packed")
int lzss_decode(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t n = 0;
  while (p < end) {
    uint8_t flags = *p++;
    for (uint8_t bit = 0; bit < 8; bit++, flags >>= 1) {
      if (p >= end) break;
      if (flags & 1) {
        if (n >= ROOM) return DROP;
        plain[n++] = *p++;
        continue;
      }
      if (end - p < 2) return DROP;
      uint32_t distance = (p[0] | (p[1] & 0x0f) << 8) + 1;
      uint32_t length = (p[1] >> 4) + 3;
      p += 2;
      if (distance > n || n + length > ROOM) return DROP;
      for (uint32_t from = n - distance; length-- > 0; from++) plain[n++] = plain[from];
    }
  }
  plain_bytes = n;
  return n ? PASS : DROP;
}
