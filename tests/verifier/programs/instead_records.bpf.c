/* SPDX-License-Identifier: Apache-2.0 */
/* accept: each record of a packet checked where it is read (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct record {
  uint16_t id;
  uint16_t value;
};

uint32_t sums[4];

SEC("packet")
int instead_records(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 4 > end) return DEMO_PASS;
  uint32_t n = data[0];
  const struct record* r = (const struct record*)(data + 4);
  for (uint32_t i = 0; i < n; i++) {
    if ((const uint8_t*)(r + i + 1) > end) break;
    sums[r[i].id & 3] += r[i].value;
  }
  return DEMO_PASS;
}
