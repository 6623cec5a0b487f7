/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-16/MODBUS over the whole packet, bit by bit. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet")
int crc16(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint16_t crc = 0xffff;
  while (p < end) {
    crc ^= *p++;
    for (int bit = 0; bit < 8; bit++) {
      if (crc & 1)
        crc = (crc >> 1) ^ 0xa001;
      else
        crc >>= 1;
    }
  }
  return crc == 0 ? PASS : DROP;
}
