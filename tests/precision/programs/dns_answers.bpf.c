/* SPDX-License-Identifier: Apache-2.0 */
/* Steps over a DNS answer's questions and records, names compressed or not, and takes the first address. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct header {
  uint16_t id, flags, questions, answers, others[2];
};

uint32_t address;

static uint16_t swap(uint16_t x) { return x >> 8 | x << 8; }

static const uint8_t* skip_name(const uint8_t* p, const uint8_t* end) {
  while (p < end) {
    uint8_t length = *p++;
    if (length == 0) return p;
    if (length >= 0xc0) return p + 1 <= end ? p + 1 : 0;
    if (length > 63 || length > end - p) return 0;
    p += length;
  }
  return 0;
}

SEC("packet/dns")
int dns_answers(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  const struct header* h = (const struct header*)p;
  if ((const uint8_t*)(h + 1) > end) return DROP;
  p += sizeof(*h);
  for (int q = swap(h->questions); q > 0; q--) {
    p = skip_name(p, end);
    if (!p || end - p < 4) return DROP;
    p += 4;
  }
  for (int a = swap(h->answers); a > 0; a--) {
    p = skip_name(p, end);
    if (!p || end - p < 10) return DROP;
    uint16_t type = p[0] << 8 | p[1];
    uint16_t bytes = p[8] << 8 | p[9];
    p += 10;
    if (bytes > end - p) return DROP;
    if (type == 1 && bytes == 4) {
      address = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
      return MARK;
    }
    p += bytes;
  }
  return PASS;
}
