/* SPDX-License-Identifier: Apache-2.0 */
/* A picture of 100 by 100 fixed-point points: nested loops with an inner escape. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/picture")
int nested_100(struct sample_ctx* ctx) {
  uint32_t inside = 0;
  for (int y = 0; y < 100; y++) {
    for (int x = 0; x < 100; x++) {
      int32_t cx = x * 123 - 8192, cy = y * 82 - 4096;
      int32_t a = (cx * cx >> 12) + (cy * cy >> 12);
      if (a > (int32_t)(ctx->raw[0] & 0x3fff)) continue;
      inside++;
    }
  }
  return (int)inside;
}
