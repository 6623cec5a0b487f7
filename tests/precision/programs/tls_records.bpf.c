/* SPDX-License-Identifier: Apache-2.0 */
/* Steps over the TLS records of a segment and marks those with a client hello. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define HANDSHAKE 22
#define CLIENT_HELLO 1

struct record {
  uint8_t type;
  uint8_t major, minor;
  uint8_t length[2];
};

SEC("packet/tls")
int tls_records(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  int records = 0, hello = 0;
  while (end - p >= (long)sizeof(struct record)) {
    const struct record* r = (const struct record*)p;
    uint16_t length = r->length[0] << 8 | r->length[1];
    if (r->type < 20 || r->type > 24 || r->major != 3) return DROP;
    if (length == 0 || length > 16384 + 256) return DROP;
    p += sizeof(*r);
    if (r->type == HANDSHAKE && p < end && *p == CLIENT_HELLO) hello++;
    records++;
    if (length > end - p) break; /* the rest is in the next segment */
    p += length;
  }
  if (records == 0) return DROP;
  return hello ? MARK : PASS;
}
