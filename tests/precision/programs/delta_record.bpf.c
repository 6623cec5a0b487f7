/* SPDX-License-Identifier: Apache-2.0 */
/* Raw inputs as zigzag deltas in varints, into a buffer on the stack and out over the UART. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/delta")
int delta_record(struct sample_ctx* ctx) {
  uint8_t out[FIELD_RAW * 3] = {};
  uint32_t n = 0;
  uint16_t last = 0;
  for (int i = 0; i < FIELD_RAW; i++) {
    int32_t delta = ctx->raw[i] - last;
    last = ctx->raw[i];
    uint32_t z = ((uint32_t)delta << 1) ^ (uint32_t)(delta >> 31);
    while (z >= 0x80 && n < sizeof out - 1) {
      out[n++] = (uint8_t)z | 0x80;
      z >>= 7;
    }
    if (n < sizeof out) out[n++] = (uint8_t)z;
  }
  return uart_write(out, n);
}
