/* SPDX-License-Identifier: Apache-2.0 */
/* The length is taken once as a number; what follows is compared with it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet/length")
int length_checked_once(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  long length = end - data;
  if (length < 12) return DROP;
  uint32_t kind = data[0];
  uint32_t count = data[1];
  if (count * 10 + 12 > length) return DROP;
  return kind == 1 && data[11] == count ? MARK : PASS;
}
