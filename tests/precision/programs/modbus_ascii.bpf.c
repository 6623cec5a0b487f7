/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a Modbus ASCII line (":" hex digits, LRC, CR LF) and takes the bytes out of it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define PDU_MAX 64

struct pdu {
  uint8_t bytes[PDU_MAX];
  uint32_t size;
};

struct pdu last_pdu;

static int digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

SEC("packet/modbus")
int modbus_ascii(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (p + 5 > end || *p++ != ':') return DROP;
  uint32_t n = 0;
  uint8_t lrc = 0;
  while (p + 2 <= end && p[0] != '\r') {
    int high = digit(p[0]);
    int low = digit(p[1]);
    if (high < 0 || low < 0) return DROP;
    if (n == PDU_MAX) return DROP;
    uint8_t byte = high << 4 | low;
    last_pdu.bytes[n++] = byte;
    lrc += byte;
    p += 2;
  }
  if (p + 2 > end || p[0] != '\r' || p[1] != '\n') return DROP;
  if (n < 3 || lrc != 0) return DROP;
  last_pdu.size = n - 1;
  return PASS;
}
