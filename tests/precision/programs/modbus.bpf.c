/* SPDX-License-Identifier: Apache-2.0 */
/* A Modbus frame in the buffer: checks its CRC, and answers a read of registers in place. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint16_t registers[64];

static uint16_t crc_of(const uint8_t* data, uint32_t n, const uint8_t* end) {
  uint16_t crc = 0xffff;
  for (uint32_t i = 0; i < n; i++) {
    if (data + i + 1 > end) break;
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

SEC("frame/modbus")
int modbus(struct frame_ctx* ctx) {
  uint8_t* data = (uint8_t*)(unsigned long)ctx->data;
  uint8_t* end = (uint8_t*)(unsigned long)ctx->data_end;
  if (ctx->length != 8 || data + 8 > end) return NO_FRAME;
  if (crc_of(data, 6, end) != (data[6] | data[7] << 8)) return NO_FRAME;
  if (data[1] != 3) return NO_FRAME;
  uint32_t first = data[2] << 8 | data[3];
  uint32_t count = data[4] << 8 | data[5];
  if (count == 0 || count > 64 || first >= 64 || first + count > 64) return NO_FRAME;
  uint32_t bytes = 3 + count * 2 + 2;
  if (data + bytes > end) return NO_FRAME;
  data[2] = count * 2;
  for (uint32_t i = 0; i < count; i++) {
    uint8_t* at = data + 3 + i * 2;
    if (at + 2 > end) return NO_FRAME;
    at[0] = registers[first + i] >> 8;
    at[1] = registers[first + i];
  }
  uint16_t crc = crc_of(data, bytes - 2, end);
  data[bytes - 2] = crc;
  data[bytes - 1] = crc >> 8;
  return (int)bytes;
}
