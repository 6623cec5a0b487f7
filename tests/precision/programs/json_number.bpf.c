/* SPDX-License-Identifier: Apache-2.0 */
/* Finds "t": in a packet and reads the number behind it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

int32_t temperature;

SEC("packet/json")
int json_number(struct packet_ctx* ctx) {
  const char* data = (const char*)(unsigned long)ctx->data;
  const char* end = (const char*)(unsigned long)ctx->data_end;
  int matched = 0;
  int32_t value = 0, sign = 1;
  int digits = 0;
  for (int i = 0; i < 512; i++) {
    if (data + i >= end) break;
    char c = data[i];
    if (matched < 4) {
      char wanted = matched == 0 ? '"' : matched == 1 ? 't' : matched == 2 ? '"' : ':';
      matched = c == wanted ? matched + 1 : c == '"' ? 1 : 0;
      continue;
    }
    if (digits == 0 && (c == ' ' || c == '-')) {
      if (c == '-') sign = -1;
      continue;
    }
    if (c < '0' || c > '9') break;
    value = value * 10 + (c - '0');
    if (++digits == 6) break;
  }
  if (!digits) return DROP;
  temperature = sign * value;
  return temperature > 12500 ? MARK : PASS;
}
