/* SPDX-License-Identifier: Apache-2.0 */
/* Logs a value as "+00123.4": sign, leading zeros, one decimal. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define DIGITS 6

static __noinline void format(char* out, int32_t tenths) {
  uint32_t left = tenths < 0 ? -(uint32_t)tenths : (uint32_t)tenths;
  char* p = out + DIGITS + 2;
  *--p = '0' + left % 10;
  left /= 10;
  *--p = '.';
  while (p > out + 1) {
    *--p = '0' + left % 10;
    left /= 10;
  }
  *--p = tenths < 0 ? '-' : '+';
}

SEC("sample/log")
int itoa_padded(struct sample_ctx* ctx) {
  char line[16] = "v=";
  format(line + 2, ctx->value);
  line[DIGITS + 4] = '\n';
  return log_text(line, DIGITS + 5);
}
