/* SPDX-License-Identifier: Apache-2.0 */
/* An index that may be so large that the address wraps before it is checked. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int index_too_far(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  const uint8_t* p = data + ctx->port;
  if (p + 1 > end) return DEMO_PASS;
  return *p == 0;
}
