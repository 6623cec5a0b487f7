/* SPDX-License-Identifier: Apache-2.0 */
/* accept: the length of a packet in 64 bits (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint32_t longest;

SEC("packet")
int instead_length(struct packet_ctx* ctx) {
  uint64_t length = ctx->data_end - ctx->data;
  if (length > longest) longest = length;
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  return length >= 4 && data[3] == 7;
}
