/* SPDX-License-Identifier: Apache-2.0 */
/* Skips IPv6 extension headers, at most eight, to the transport header. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct extension {
  uint8_t next;
  uint8_t length;
};

SEC("packet/ip6")
int ipv6_extensions(struct packet_ctx* ctx) {
  uint8_t* data = (uint8_t*)(unsigned long)ctx->data;
  uint8_t* end = (uint8_t*)(unsigned long)ctx->data_end;
  if (data + 40 > end) return DROP;
  uint8_t next = data[6];
  uint32_t offset = 40;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 8; i++) {
    switch (next) {
      case 0:
      case 43:
      case 60:
        break;
      case 44:
        return MARK;
      case 17:
        if (data + offset + 8 > end) return DROP;
        return data[offset + 2] == 0x16 && data[offset + 3] == 0x33 ? REPLY : PASS;
      default:
        return PASS;
    }
    struct extension* e = (struct extension*)(data + offset);
    if ((uint8_t*)(e + 1) > end) return DROP;
    next = e->next;
    offset += (e->length + 1) * 8;
  }
  return DROP;
}
