/* SPDX-License-Identifier: Apache-2.0 */
/* An MQTT fixed header: the remaining length in one to four bytes, then the topic. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet/mqtt")
int mqtt_length(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (p + 2 > end) return DROP;
  uint8_t kind = *p++ >> 4;
  uint32_t length = 0, shift = 0;
  uint8_t byte;
  do {
    if (p + 1 > end || shift > 21) return DROP;
    byte = *p++;
    length |= (uint32_t)(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  if (kind != 3) return PASS;
  if (length < 2 || p + 2 > end) return DROP;
  uint32_t topic = p[0] << 8 | p[1];
  p += 2;
  if (topic + 2 > length) return DROP;
  if (p + topic > end) return DROP;
  for (uint32_t i = 0; i < topic; i++) {
    if (p + i >= end) return DROP;
    if (p[i] == '#' || p[i] == '+') return DROP;
  }
  return PASS;
}
