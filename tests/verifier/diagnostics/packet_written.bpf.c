/* SPDX-License-Identifier: Apache-2.0 */
/* A write to a packet that may only be read. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int packet_written(struct packet_ctx* ctx) {
  uint8_t* data = (uint8_t*)(unsigned long)ctx->data;
  uint8_t* end = (uint8_t*)(unsigned long)ctx->data_end;
  if (data + 1 > end) return DEMO_PASS;
  data[0] = 0;
  return DEMO_PASS;
}
