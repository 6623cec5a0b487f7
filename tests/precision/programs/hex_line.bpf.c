/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a value as hexadecimal digits to the log. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const char digits[16] = "0123456789abcdef";

SEC("sample/hex")
int hex_line(struct sample_ctx* ctx) {
  char line[11] = "0x";
  uint32_t v = (uint32_t)ctx->value;
  for (int i = 0; i < 8; i++) line[2 + i] = digits[(v >> (28 - 4 * i)) & 15];
  line[10] = '\n';
  return log_text(line, sizeof line);
}
