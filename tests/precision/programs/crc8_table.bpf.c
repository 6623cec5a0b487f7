/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-8 by a table that is built in .bss the first time. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint8_t table[256];
uint8_t ready;

static void build(void) {
  int i = 255;
  do {
    uint8_t crc = i;
    for (int bit = 8; bit; bit--) crc = crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1;
    table[i] = crc;
  } while (i-- > 0);
  ready = 1;
}

SEC("packet/crc8")
int crc8_table(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (!ready) build();
  uint8_t crc = 0xff;
  while (p < end) crc = table[crc ^ *p++];
  return crc == 0 ? PASS : DROP;
}
