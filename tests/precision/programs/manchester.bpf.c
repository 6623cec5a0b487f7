/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes Manchester pairs of a 32-bit word; gives up at a violation. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/manchester")
int manchester(struct sample_ctx* ctx) {
  uint32_t in = (uint32_t)ctx->value;
  uint32_t out = 0;
  for (int i = 0; i < 16; i++) {
    uint32_t pair = in >> 30;
    in <<= 2;
    if (pair == 1)
      out = out << 1;
    else if (pair == 2)
      out = out << 1 | 1;
    else
      return -1;
  }
  return (int)out;
}
