/* SPDX-License-Identifier: Apache-2.0 */
/* accept: an index in the callback's data, the pointer from the packet's start (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct walk {
  const uint8_t* data;
  const uint8_t* end;
  uint32_t at;
  uint32_t sum;
};

static long step(uint32_t i, void* data) {
  (void)i;
  struct walk* w = data;
  uint32_t at = w->at;
  if (at > 1471) return 1;
  const uint8_t* p = w->data + at;
  if (p + 1 > w->end) return 1;
  w->sum += *p;
  w->at = at + 1 + (*p & 1);
  return 0;
}

SEC("packet")
int instead_looped_index(struct packet_ctx* ctx) {
  struct walk w = {.data = (const uint8_t*)(unsigned long)ctx->data,
                   .end = (const uint8_t*)(unsigned long)ctx->data_end};
  bpf_loop(1472, step, &w, 0);
  return w.sum & 1;
}
