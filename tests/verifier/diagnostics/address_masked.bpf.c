/* SPDX-License-Identifier: Apache-2.0 */
/* How the packet is aligned, asked of its address. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int address_masked(struct packet_ctx* ctx) {
  if (ctx->data & 2) return DEMO_DROP;
  return DEMO_PASS;
}
