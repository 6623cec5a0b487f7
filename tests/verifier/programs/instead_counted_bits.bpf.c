/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a loop that counts beside what it waits for (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int instead_counted_bits(struct sensor_ctx* ctx) {
  uint32_t x = (uint32_t)ctx->value;
  int n = 0;
  for (int i = 0; i < 32 && x; i++) {
    x &= x - 1;
    n++;
  }
  return n & 3;
}
