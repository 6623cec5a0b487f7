/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the TLV records of an LwM2M object and takes the value of resource 5700. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static __noinline uint32_t big_endian(const uint8_t* p, uint32_t bytes) {
  uint32_t value = 0;
  for (uint32_t i = 0; i < bytes && i < 4; i++) value = value << 8 | p[i];
  return value;
}

uint32_t sensor_value;

SEC("packet/lwm2m")
int lwm2m_tlv(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  uint32_t size = ctx->data_end - ctx->data;
  uint32_t at = 0;
  int found = 0;
  while (at < size) {
    uint8_t type = data[at++];
    uint32_t id_bytes = type & 0x20 ? 2 : 1;
    uint32_t length_bytes = type >> 3 & 3;
    if (size - at < id_bytes + length_bytes) return DROP;
    uint32_t id = 0;
    for (uint32_t i = 0; i < id_bytes; i++) id = id << 8 | data[at++];
    uint32_t length = type & 7;
    if (length_bytes) {
      length = 0;
      for (uint32_t i = 0; i < length_bytes; i++) length = length << 8 | data[at++];
    }
    if (length > size - at) return DROP;
    if (id == 5700 && length == 4) {
      sensor_value = big_endian(data + at, 4);
      found = 1;
    }
    at += length;
  }
  return found ? MARK : PASS;
}
