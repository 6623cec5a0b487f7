/* SPDX-License-Identifier: Apache-2.0 */
/* A length that the packet itself says, believed. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int packet_variable(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 1 > end) return DEMO_PASS;
  return data[1 + data[0]] == 0;
}
