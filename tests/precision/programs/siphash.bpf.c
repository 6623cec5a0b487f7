/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 over the packet, whole words and a rest. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))
#define ROUND(v0, v1, v2, v3)                                                                                \
  v0 += v1, v1 = ROTL(v1, 13), v1 ^= v0, v0 = ROTL(v0, 32), v2 += v3, v3 = ROTL(v3, 16), v3 ^= v2, v0 += v3, \
            v3 = ROTL(v3, 21), v3 ^= v0, v2 += v1, v1 = ROTL(v1, 17), v1 ^= v2, v2 = ROTL(v2, 32)

const volatile uint64_t key0 = 0x0706050403020100ull, key1 = 0x0f0e0d0c0b0a0908ull;
uint64_t digest;

SEC("packet/hash")
int siphash(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint64_t v0 = key0 ^ 0x736f6d6570736575ull, v1 = key1 ^ 0x646f72616e646f6dull;
  uint64_t v2 = key0 ^ 0x6c7967656e657261ull, v3 = key1 ^ 0x7465646279746573ull;
  uint64_t last = (uint64_t)(end - p) << 56;
  while (p + 8 <= end) {
    uint64_t m = *(const uint64_t*)p;
    v3 ^= m;
    ROUND(v0, v1, v2, v3);
    v0 ^= m;
    p += 8;
  }
  for (int i = 0; i < 7 && p < end; i++) last |= (uint64_t)*p++ << (8 * i);
  v3 ^= last;
  ROUND(v0, v1, v2, v3);
  v0 ^= last;
  v2 ^= 0xff;
  for (int i = 0; i < 3; i++) ROUND(v0, v1, v2, v3);
  digest = v0 ^ v1 ^ v2 ^ v3;
  return digest & 1 ? MARK : PASS;
}
