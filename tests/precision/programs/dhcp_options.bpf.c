/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through a DHCP answer's options: only an offer or acknowledgement from our server passes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define FIXED 240 /* header, names and the magic number */

struct found {
  uint32_t server;
  uint32_t lease_s;
  uint8_t message;
};

static uint32_t word(const uint8_t* p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

SEC("packet/dhcp")
int dhcp_options(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + FIXED > end || word(data + FIXED - 4) != 0x63825363) return DROP;
  struct found found = {};
  const uint8_t* p = data + FIXED;
  while (p < end) {
    uint8_t code = *p++;
    if (code == 0) continue;
    if (code == 255) break;
    if (p == end) return DROP;
    uint8_t length = *p++;
    if (length > end - p) return DROP;
    switch (code) {
      case 53:
        if (length != 1) return DROP;
        found.message = p[0];
        break;
      case 54:
        if (length != 4) return DROP;
        found.server = word(p);
        break;
      case 51:
        if (length < 4) return DROP;
        found.lease_s = word(p);
        break;
      default:
        break;
    }
    p += length;
  }
  if (found.server != ctx->source || found.lease_s < 60) return DROP;
  return found.message == 2 || found.message == 5 ? PASS : DROP;
}
