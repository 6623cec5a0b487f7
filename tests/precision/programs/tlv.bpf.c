/* SPDX-License-Identifier: Apache-2.0 */
/* Walks tag-length-value records and sums those of tag 7; stops at what does not fit. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct tlv {
  uint8_t tag;
  uint8_t length;
};

uint32_t found;

SEC("packet")
int tlv(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t sum = 0;
  for (int i = 0; i < 64; i++) {
    const struct tlv* h = (const struct tlv*)p;
    if ((const uint8_t*)(h + 1) > end) break;
    const uint8_t* value = p + sizeof *h;
    if (value + h->length > end) return DROP;
    if (h->tag == 7 && h->length >= 2) {
      if (value + 2 > end) return DROP;
      sum += value[0] << 8 | value[1];
    }
    if (h->tag == 0) break;
    p = value + h->length;
  }
  found = sum;
  return PASS;
}
