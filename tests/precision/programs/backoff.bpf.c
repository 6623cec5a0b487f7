/* SPDX-License-Identifier: Apache-2.0 */
/* Exponential backoff with a limit and jitter. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint8_t failures;
uint64_t next_ns;

SEC("sample/retry")
int backoff(struct sample_ctx* ctx) {
  if (ctx->time_ns < next_ns) return 0;
  if (gpio_get(7)) {
    failures = 0;
    return 1;
  }
  if (failures < 10) failures++;
  uint64_t wait_ms = 100ull << failures;
  wait_ms += bpf_get_prandom_u32() % (wait_ms / 4 + 1);
  next_ns = ctx->time_ns + wait_ms * 1000000;
  return -(int)failures;
}
