/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 over the packet with a table of sixteen words. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                   0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                   0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

uint32_t last_crc;

SEC("packet")
int crc32_nibbles(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t crc = 0xffffffff;
  for (const uint8_t* p = data; p + 1 <= end; p++) {
    crc = table[(crc ^ *p) & 15] ^ (crc >> 4);
    crc = table[(crc ^ (*p >> 4)) & 15] ^ (crc >> 4);
  }
  last_crc = ~crc;
  return PASS;
}
