/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies an IPv4 header's checksum: a loop over its 16-bit words, as many as it says. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet/ip")
int ipv4_checksum(struct packet_ctx* ctx) {
  uint16_t* p = (uint16_t*)(unsigned long)ctx->data;
  uint16_t* end = (uint16_t*)(unsigned long)ctx->data_end;
  if (p + 10 > end) return DROP;
  int words = (*(uint8_t*)p & 15) * 2;
  if (words < 10) return DROP;
  uint32_t sum = 0;
  for (int i = 0; i < words; i++) {
    if (p + i + 1 > end) return DROP;
    sum += p[i];
  }
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff ? PASS : DROP;
}
