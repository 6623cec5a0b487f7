/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a pointer kept, checked and read (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int instead_kept_pointer(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 1 > end) return DEMO_PASS;
  uint32_t at = data[0];
  const uint8_t* p = data + at;
  if (p + 2 > end) return DEMO_PASS;
  return p[0] == 1 && p[1] == 2;
}
