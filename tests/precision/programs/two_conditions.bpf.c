/* SPDX-License-Identifier: Apache-2.0 */
/* Skips blanks, then reads a signed decimal number, within the context's payload. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("frame/number")
int two_conditions(struct frame_ctx* ctx) {
  uint32_t n = ctx->payload_bytes;
  if (n > sizeof ctx->payload) n = sizeof ctx->payload;
  uint32_t i = 0;
  while (i < n && ctx->payload[i] == ' ') i++;
  int negative = 0;
  if (i < n && ctx->payload[i] == '-') {
    negative = 1;
    i++;
  }
  uint32_t value = 0;
  while (i < n && ctx->payload[i] >= '0' && ctx->payload[i] <= '9') {
    value = value * 10 + (ctx->payload[i] - '0');
    if (value > 100000) break;
    i++;
  }
  if (negative || value > FRAME_MAX) return NO_FRAME;
  return (int)value;
}
