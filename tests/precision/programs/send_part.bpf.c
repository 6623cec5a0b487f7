/* SPDX-License-Identifier: Apache-2.0 */
/* Sends part of a buffer: offset and length both computed, both checked. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint8_t page[256];

SEC("sample/page")
int send_part(struct sample_ctx* ctx) {
  uint32_t from = ctx->raw[0];
  uint32_t size = ctx->raw[1];
  if (from >= sizeof page) return -1;
  if (size > sizeof page - from) size = sizeof page - from;
  if (size > 128) size = 128;
  if (size == 0) return 0;
  return uart_write(page + from, size);
}
