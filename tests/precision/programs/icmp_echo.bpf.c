/* SPDX-License-Identifier: Apache-2.0 */
/* Answers an ICMP echo request in place; the checksum is made anew over header and data. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("frame/icmp")
int icmp_echo(struct frame_ctx* ctx) {
  uint8_t* p = (uint8_t*)(unsigned long)ctx->data;
  uint32_t room = ctx->data_end - ctx->data;
  uint32_t length = ctx->length;
  if (length < 8 || length > room) return NO_FRAME;
  if (p[0] != 8 || p[1] != 0) return NO_FRAME;
  p[0] = 0;
  p[2] = p[3] = 0;
  uint32_t sum = 0;
  uint32_t i;
  for (i = 0; i + 1 < length; i += 2) sum += p[i] << 8 | p[i + 1];
  if (i < length) sum += p[i] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  sum = ~sum;
  p[2] = sum >> 8;
  p[3] = sum;
  return length;
}
