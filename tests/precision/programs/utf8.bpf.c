/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that a packet is UTF-8. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet/utf8")
int utf8(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  while (p < end) {
    uint8_t c = *p++;
    int more;
    if (c < 0x80)
      continue;
    else if ((c & 0xe0) == 0xc0)
      more = 1;
    else if ((c & 0xf0) == 0xe0)
      more = 2;
    else if ((c & 0xf8) == 0xf0)
      more = 3;
    else
      return DROP;
    for (int i = 0; i < more; i++) {
      if (p >= end) return DROP;
      if ((*p & 0xc0) != 0x80) return DROP;
      p++;
    }
  }
  return PASS;
}
