/* SPDX-License-Identifier: Apache-2.0 */
/* A challenge's answer: base to the secret power modulo a prime, by squaring. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define PRIME 2147483647u

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, uint32_t);
} secret SEC(".maps");

static uint32_t power(uint32_t base, uint32_t exponent) {
  uint64_t result = 1;
  uint64_t square = base % PRIME;
  while (exponent) {
    if (exponent & 1) result = result * square % PRIME;
    square = square * square % PRIME;
    exponent >>= 1;
  }
  return result;
}

SEC("frame/challenge")
int power_modulo(struct frame_ctx* ctx) {
  uint8_t* out = (uint8_t*)(unsigned long)ctx->data;
  uint8_t* end = (uint8_t*)(unsigned long)ctx->data_end;
  uint32_t zero = 0;
  uint32_t* exponent = bpf_map_lookup_elem(&secret, &zero);
  if (!exponent || ctx->payload_bytes < 4 || out + 4 > end) return NO_FRAME;
  uint32_t base = 0;
  for (int i = 0; i < 4; i++) base = base << 8 | ctx->payload[i];
  uint32_t answer = power(base, *exponent);
  for (int i = 3; i >= 0; i--) {
    out[i] = answer;
    answer >>= 8;
  }
  return 4;
}
