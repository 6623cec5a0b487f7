/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a block of XMODEM: number and its complement, 128 bytes, CRC-16; the bytes go into the image in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define BLOCK 128
#define IMAGE_BLOCKS 16

struct block {
  uint8_t soh, number, inverse;
  uint8_t data[BLOCK];
  uint8_t crc[2];
};

uint8_t image[IMAGE_BLOCKS * BLOCK];
uint8_t expected = 1;

static __noinline uint16_t crc16(const uint8_t* data) {
  uint16_t crc = 0;
  for (uint8_t i = 0; i < BLOCK; i++) {
    crc ^= data[i] << 8;
    for (uint8_t bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
  }
  return crc;
}

SEC("packet/xmodem")
int xmodem_block(struct packet_ctx* ctx) {
  const struct block* block = (const struct block*)(unsigned long)ctx->data;
  const struct block* end = (const struct block*)(unsigned long)ctx->data_end;
  if (block + 1 > end) return DROP;
  if (block->soh != 0x01 || (block->number ^ block->inverse) != 0xff) return DROP;
  uint8_t want = expected;
  if (block->number == (uint8_t)(want - 1)) return REPLY; /* once more */
  if (block->number != want) return DROP;
  if (crc16(block->data) != (block->crc[0] << 8 | block->crc[1])) return DROP;
  if (want == 0 || want > IMAGE_BLOCKS) return DROP;
  uint8_t* to = &image[(want - 1) * BLOCK];
  for (int i = 0; i < BLOCK; i++) to[i] = block->data[i];
  expected = want + 1;
  return REPLY;
}
