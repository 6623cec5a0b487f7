/* SPDX-License-Identifier: Apache-2.0 */
/* What lies behind the packet's last byte. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int packet_end_read(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 1 > end) return DEMO_PASS;
  return end[0] == 0;
}
