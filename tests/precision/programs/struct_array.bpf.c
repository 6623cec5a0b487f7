/* SPDX-License-Identifier: Apache-2.0 */
/* An array of structures on the stack, filled in a loop, the best one found by a function of its own. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct candidate {
  uint32_t channel;
  int32_t value;
  uint64_t weight;
};

static __noinline int best(const struct candidate* c, int n) {
  int at = 0;
  for (int i = 1; i < n && i < 4; i++) {
    if (c[i].value * (int64_t)c[i].weight > c[at].value * (int64_t)c[at].weight) at = i;
  }
  return at;
}

SEC("sample/best")
int struct_array(struct sample_ctx* ctx) {
  struct candidate c[4];
  for (uint32_t i = 0; i < 4; i++) {
    c[i].channel = i;
    c[i].value = sensor_read(i);
    c[i].weight = ctx->raw[i] + 1;
  }
  int at = best(c, 4);
  return (int)c[at & 3].channel;
}
