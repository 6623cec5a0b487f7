/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a series of readings sent as zigzag varint differences. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define READINGS 48

struct series {
  uint32_t count;
  int32_t of[READINGS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, uint32_t);
  __type(value, struct series);
} all SEC(".maps");

SEC("packet/series")
int zigzag_deltas(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (p >= end) return DROP;
  uint32_t channel = *p++;
  struct series* s = bpf_map_lookup_elem(&all, &channel);
  if (!s) return DROP;
  int32_t value = 0;
  uint32_t n = 0;
  while (p != end) {
    uint32_t raw = 0;
    uint32_t shift = 0;
    uint8_t byte;
    do {
      if (p == end || shift > 28) return DROP;
      byte = *p++;
      raw |= (uint32_t)(byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    value += (int32_t)(raw >> 1) ^ -(int32_t)(raw & 1);
    if (n >= READINGS) break;
    s->of[n++] = value;
  }
  s->count = n;
  return PASS;
}
