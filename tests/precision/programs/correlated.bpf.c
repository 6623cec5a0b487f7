/* SPDX-License-Identifier: Apache-2.0 */
/* A check whose answer is kept in a variable and used further down. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint32_t marked;

SEC("packet/late")
int correlated(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  int has_header = data + 8 <= end;
  uint32_t bonus = ctx->port == 5683 ? 2 : 1;
  if (ctx->source >> 24 == 10) bonus++;
  marked += bonus;
  if (has_header && data[7] == 0x2a) return MARK;
  return bonus > 2 ? DROP : PASS;
}
