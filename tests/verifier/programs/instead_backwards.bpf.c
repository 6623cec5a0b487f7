/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a packet read from its end by an index that counts down (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint32_t lines;

SEC("packet")
int instead_backwards(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint64_t length = end - data;
  uint32_t n = 0;
  for (uint64_t i = length; i > 0; i--) {
    const uint8_t* p = data + (i - 1);
    if (p + 1 > end) break;
    n += *p == '\n';
  }
  lines += n;
  return DEMO_PASS;
}
