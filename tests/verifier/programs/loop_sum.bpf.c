/* SPDX-License-Identifier: Apache-2.0 */
/* accept: bpf_loop over a packet of any length, with what it needs in a structure on the stack. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct sum {
  const uint8_t* data;
  const uint8_t* end;
  uint32_t sum;
  uint32_t zeros;
};

static long add(uint64_t index, void* data) {
  struct sum* sum = data;
  if (index >= 1024) return 1;
  const uint8_t* at = sum->data + index;
  if (at + 1 > sum->end) return 1;
  sum->sum += *at;
  if (*at == 0) sum->zeros++;
  return 0;
}

SEC("packet")
int loop_sum(struct packet_ctx* ctx) {
  struct sum sum = {.data = (const uint8_t*)(unsigned long)ctx->data,
                    .end = (const uint8_t*)(unsigned long)ctx->data_end};
  bpf_loop(16, add, &sum, 0);
  return sum.sum > 100 && sum.zeros < 4 ? DEMO_DROP : DEMO_PASS;
}
