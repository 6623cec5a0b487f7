/* SPDX-License-Identifier: Apache-2.0 */
/* log: null check, bounded index, packet. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint32_t seen[16];

SEC("packet")
int log_branches(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 4 > end) return DEMO_PASS;
  if (data[0] >= 16) return DEMO_DROP;
  seen[data[0]] += ctx->port;
  return DEMO_PASS;
}
