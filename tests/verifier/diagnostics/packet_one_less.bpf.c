/* SPDX-License-Identifier: Apache-2.0 */
/* A check that is one byte short. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int packet_one_less(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 3 > end) return DEMO_PASS;
  return *(const uint32_t*)data == 0;
}
