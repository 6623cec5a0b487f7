/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of values in steps of 500, clamped at both ends. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define BUCKETS 34

uint64_t buckets[BUCKETS];

SEC("sample")
int histogram(struct sample_ctx* ctx) {
  int32_t step = (ctx->value + 4000) / 500;
  if (step < 0) step = 0;
  if (step >= BUCKETS) step = BUCKETS - 1;
  buckets[step]++;
  return step;
}
