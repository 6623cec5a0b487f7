/* SPDX-License-Identifier: Apache-2.0 */
/* An array of records in a packet: one check for all of them, then a loop without. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct record {
  uint16_t id;
  uint16_t value;
};

uint32_t sums[4];

SEC("packet/records")
int records_in_packet(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 4 > end) return DROP;
  uint32_t n = data[0];
  const struct record* r = (const struct record*)(data + 4);
  if ((const uint8_t*)(r + n) > end) return DROP;
  for (uint32_t i = 0; i < n; i++) sums[r[i].id & 3] += r[i].value;
  return PASS;
}
