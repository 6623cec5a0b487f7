/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the head of a CBOR item: major type and argument of up to eight bytes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct head {
  uint8_t major;
  uint8_t bytes;
  uint64_t argument;
};

static int read_head(const uint8_t* p, const uint8_t* end, struct head* head) {
  if (p + 1 > end) return -1;
  head->major = *p >> 5;
  uint8_t info = *p & 31;
  p++;
  if (info < 24) {
    head->argument = info;
    head->bytes = 1;
    return 0;
  }
  if (info > 27) return -1;
  uint32_t size = 1u << (info - 24);
  if (p + size > end) return -1;
  uint64_t value = 0;
  for (uint32_t i = 0; i < size; i++) {
    if (p + i + 1 > end) return -1;
    value = value << 8 | p[i];
  }
  head->argument = value;
  head->bytes = 1 + size;
  return 0;
}

uint64_t last_argument;

SEC("packet")
int cbor_head(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  struct head head;
  if (read_head(data, end, &head) < 0) return DROP;
  last_argument = head.argument;
  return head.major == 5 ? MARK : PASS;
}
