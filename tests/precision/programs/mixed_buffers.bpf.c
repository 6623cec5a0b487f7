/* SPDX-License-Identifier: Apache-2.0 */
/* The same function fills a buffer on the stack or in a global, and hands it on. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint8_t shared[32];

static __noinline int number(uint8_t* out, uint32_t value) {
  int n = 0;
  for (int shift = 28; shift >= 0; shift -= 4) {
    uint8_t d = (value >> shift) & 15;
    out[n++] = d < 10 ? '0' + d : 'a' + d - 10;
  }
  return n;
}

SEC("sample/mixed")
int mixed_buffers(struct sample_ctx* ctx) {
  uint8_t own[16];
  int n = number(own, ctx->count);
  n += number(shared + (ctx->mode & 3) * 8, (uint32_t)ctx->value);
  uart_write(own, 8);
  return n;
}
