/* SPDX-License-Identifier: Apache-2.0 */
/* A clock chip's BCD registers to seconds of the day, refused when out of range. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static int from_bcd(uint8_t v) {
  int high = v >> 4, low = v & 15;
  if (high > 9 || low > 9) return -1;
  return high * 10 + low;
}

uint32_t seen_hours[24];

SEC("sample/clock")
int bcd_clock(struct sample_ctx* ctx) {
  int s = from_bcd((uint8_t)ctx->raw[0]);
  int m = from_bcd((uint8_t)ctx->raw[1]);
  int h = from_bcd((uint8_t)ctx->raw[2] & 0x3f);
  if (s < 0 || m < 0 || h < 0) return -1;
  if (s > 59 || m > 59 || h > 23) return -2;
  seen_hours[h]++;
  return h * 3600 + m * 60 + s;
}
