/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a record's length known before the record is checked (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint32_t found;

SEC("packet")
int instead_tlv(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  for (int i = 0; i < 64; i++) {
    if (p + 2 > end) break;
    uint8_t tag = p[0], length = p[1];
    const uint8_t* value = p + 2;
    if (tag == 7 && length >= 2) {
      if (value + 2 > end) break;
      found += value[0] << 8 | value[1];
    }
    p = value + length;
  }
  return DEMO_PASS;
}
