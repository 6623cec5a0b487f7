/* SPDX-License-Identifier: Apache-2.0 */
/* Sums an array of small CBOR unsigned integers. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

int64_t total;

SEC("packet")
int cbor_array(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (p >= end) return DROP;
  uint32_t items = *p & 31;
  if (*p >> 5 != 4 || items > 23) return DROP;
  p++;
  int64_t sum = 0;
  for (uint32_t i = 0; i < items; i++) {
    if (p + 1 > end) return DROP;
    uint8_t first = *p++;
    uint32_t argument = first & 31;
    switch (argument) {
      case 24:
        if (p + 1 > end) return DROP;
        argument = *p++;
        break;
      case 25:
        if (p + 2 > end) return DROP;
        argument = p[0] << 8 | p[1];
        p += 2;
        break;
      case 26:
        if (p + 4 > end) return DROP;
        argument = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
        p += 4;
        break;
      default:
        if (argument > 23) return DROP;
    }
    if (first >> 5 == 0)
      sum += argument;
    else if (first >> 5 == 1)
      sum -= 1 + (int64_t)argument;
    else
      return DROP;
  }
  total = sum;
  return PASS;
}
