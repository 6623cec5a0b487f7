/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a protocol buffer: varints, fixed and length-delimited fields. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct cursor {
  const uint8_t* p;
  const uint8_t* end;
};

static __always_inline int varint(struct cursor* c, uint64_t* value) {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (c->p + 1 > c->end) return -1;
    uint8_t byte = *c->p++;
    v |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      *value = v;
      return 0;
    }
  }
  return -1;
}

uint64_t reading;

SEC("packet/pb")
int protobuf(struct packet_ctx* ctx) {
  struct cursor c = {(const uint8_t*)(unsigned long)ctx->data, (const uint8_t*)(unsigned long)ctx->data_end};
  for (int i = 0; i < 16 && c.p < c.end; i++) {
    uint64_t key, v;
    if (varint(&c, &key) < 0) return DROP;
    switch (key & 7) {
      case 0:
        if (varint(&c, &v) < 0) return DROP;
        if (key >> 3 == 4) reading = v;
        break;
      case 1:
        if (c.p + 8 > c.end) return DROP;
        c.p += 8;
        break;
      case 2:
        if (varint(&c, &v) < 0) return DROP;
        if (v > 1472) return DROP;
        if (c.p + v > c.end) return DROP;
        c.p += v;
        break;
      case 5:
        if (c.p + 4 > c.end) return DROP;
        c.p += 4;
        break;
      default:
        return DROP;
    }
  }
  return PASS;
}
