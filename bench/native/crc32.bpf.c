/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 (IEEE), bit by bit: arithmetic of 32 bits, without branches. */
#include "bench.h"

SEC("buffer") uint64_t crc32(struct buffer_ctx* c) {
  uint32_t crc = 0xffffffffu, n = c->len;
  ROLLED for (uint32_t j = 0; j < BENCH_BYTES; j++) {
    if (j >= n) break;
    crc ^= c->data[j];
    ROLLED for (int i = 0; i < 8; i++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return (uint32_t)~crc;
}
