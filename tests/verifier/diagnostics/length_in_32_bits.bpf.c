/* SPDX-License-Identifier: Apache-2.0 */
/* The packet's length, taken in 32 bits. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int length_in_32_bits(struct packet_ctx* ctx) {
  uint32_t length = (uint32_t)ctx->data_end - (uint32_t)ctx->data;
  return length < 4;
}
