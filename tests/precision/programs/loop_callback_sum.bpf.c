/* SPDX-License-Identifier: Apache-2.0 */
/* Sums the packet's bytes by bpf_loop. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct walk {
  const uint8_t* at;
  const uint8_t* end;
  uint64_t sum;
};

static long step(uint32_t i, void* data) {
  struct walk* w = data;
  if (w->at + 1 > w->end) return 1;
  w->sum += *w->at;
  w->at++;
  return 0;
}

uint64_t sum;

SEC("packet/loop")
int loop_callback_sum(struct packet_ctx* ctx) {
  struct walk w = {.at = (const uint8_t*)(unsigned long)ctx->data, .end = (const uint8_t*)(unsigned long)ctx->data_end};
  bpf_loop(1472, step, &w, 0);
  sum = w.sum;
  return PASS;
}
