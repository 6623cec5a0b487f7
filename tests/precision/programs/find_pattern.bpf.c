/* SPDX-License-Identifier: Apache-2.0 */
/* Searches a packet for a pattern of four bytes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

const volatile uint8_t pattern[4] = {0xde, 0xad, 0xbe, 0xef};

SEC("packet/find")
int find_pattern(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  for (const uint8_t* p = data; p + sizeof pattern <= end; p++) {
    uint32_t i = 0;
    while (i < sizeof pattern && p[i] == pattern[i]) i++;
    if (i == sizeof pattern) return MARK;
  }
  return PASS;
}
