/* SPDX-License-Identifier: Apache-2.0 */
/* Reads settings of the payload: "name=value;" with decimal, negative and 0x numbers, into a table. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct setting {
  char name[4];
  int32_t low, high;
};

static const struct setting known[3] = {{"gain", 0, 255}, {"ofst", -4096, 4095}, {"mask", 0, 0xffff}};
int32_t settings[3];

static int parse(const uint8_t* text, uint32_t size, uint32_t at, int32_t* value) {
  uint32_t base = 10, number = 0;
  int negative = 0;
  if (at < size && text[at] == '-') negative = 1, at++;
  if (at + 1 < size && text[at] == '0' && text[at + 1] == 'x') base = 16, at += 2;
  for (; at < size && text[at] != ';'; at++) {
    uint8_t c = text[at] | 0x20;
    uint32_t digit = c - '0';
    if (c >= 'a') digit = c - 'a' + 10;
    if (digit >= base || number > 0xfffff) return -1;
    number = number * base + digit;
  }
  *value = negative ? -(int32_t)number : (int32_t)number;
  return at;
}

SEC("frame/settings")
int parse_settings(struct frame_ctx* ctx) {
  uint32_t size = ctx->payload_bytes;
  if (size > 64) return NO_FRAME;
  uint32_t at = 0;
  int taken = 0;
  while (at + 5 < size) {
    int32_t value;
    if (ctx->payload[at + 4] != '=') return NO_FRAME;
    int next = parse(ctx->payload, size, at + 5, &value);
    if (next < 0) return NO_FRAME;
    for (int k = 0; k < 3; k++) {
      int same = 0;
      while (same < 4 && known[k].name[same] == ctx->payload[at + same]) same++;
      if (same < 4) continue;
      if (value < known[k].low || value > known[k].high) return NO_FRAME;
      settings[k] = value;
      taken++;
    }
    at = next + 1;
  }
  return taken;
}
