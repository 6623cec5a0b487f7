/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet checksum of a packet of any length, odd ones too. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet")
int internet_checksum(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t length = end - data;
  uint32_t sum = 0;
  uint32_t i = 0;
  for (; i + 1 < length; i += 2) {
    if (data + i + 2 > end) break;
    sum += (uint32_t)data[i] << 8 | data[i + 1];
  }
  if (i < length && data + i + 1 <= end) sum += (uint32_t)data[i] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum == 0 ? PASS : DROP;
}
