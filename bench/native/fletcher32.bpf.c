/* SPDX-License-Identifier: Apache-2.0 */
/* Fletcher's checksum over 16-bit words. */
#include "bench.h"

SEC("buffer") uint64_t fletcher32(struct buffer_ctx* c) {
  uint32_t words = c->len;
  if (words > BENCH_BYTES / 2) return 0;
  const uint16_t* data = (const uint16_t*)c->data;
  uint32_t sum1 = 0xffff, sum2 = 0xffff;
  while (words) {
    unsigned part = words > 359 ? 359 : words;
    words -= part;
    do {
      sum2 += sum1 += *data++;
    } while (--part);
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  }
  sum1 = (sum1 & 0xffff) + (sum1 >> 16);
  sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  return (sum2 << 16) | sum1;
}
