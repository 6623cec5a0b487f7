/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the Uri-Path of a CoAP message: options with extended deltas and lengths. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define URI_PATH 11

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, uint32_t);
} paths SEC(".maps");

SEC("packet")
int coap_options(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 4 > end) return DROP;
  if (data[0] >> 6 != 1) return DROP;
  uint32_t token = data[0] & 15;
  if (token > 8) return DROP;
  uint32_t at = 4 + token;
  uint32_t option = 0, segments = 0;
  for (int i = 0; i < 20; i++) {
    if (data + at + 1 > end) break;
    uint8_t first = data[at++];
    if (first == 0xff) break;
    uint32_t delta = first >> 4, length = first & 15;
    if (delta == 13) {
      if (data + at + 1 > end) return DROP;
      delta = 13 + data[at++];
    } else if (delta == 14) {
      if (data + at + 2 > end) return DROP;
      delta = 269 + (data[at] << 8 | data[at + 1]);
      at += 2;
    } else if (delta == 15) {
      return DROP;
    }
    if (length == 13) {
      if (data + at + 1 > end) return DROP;
      length = 13 + data[at++];
    } else if (length == 14) {
      if (data + at + 2 > end) return DROP;
      length = 269 + (data[at] << 8 | data[at + 1]);
      at += 2;
    } else if (length == 15) {
      return DROP;
    }
    option += delta;
    if (option == URI_PATH) segments++;
    if (option > URI_PATH) break;
    at += length;
    if (at > 1472) return DROP;
  }
  uint32_t zero = 0;
  uint32_t* count = bpf_map_lookup_elem(&paths, &zero);
  if (count) *count += segments;
  return segments > 3 ? MARK : PASS;
}
