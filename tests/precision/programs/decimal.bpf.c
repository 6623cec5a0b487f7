/* SPDX-License-Identifier: Apache-2.0 */
/* Formats a number without leading zeros, from the back, and logs as many characters as there are. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/decimal")
int decimal(struct sample_ctx* ctx) {
  char text[12];
  int32_t value = ctx->value;
  uint32_t rest = value < 0 ? -(uint32_t)value : (uint32_t)value;
  int at = 12;
  for (int i = 0; i < 12; i++) text[i] = ' ';
  text[--at] = '\n';
  do {
    text[--at] = '0' + rest % 10;
    rest /= 10;
  } while (rest && at > 1);
  if (value < 0) text[--at] = '-';
  return log_text(text + at, 12 - at);
}
