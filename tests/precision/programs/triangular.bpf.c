/* SPDX-License-Identifier: Apache-2.0 */
/* Autocorrelation of the raw inputs: the inner loop shrinks with the outer one. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/auto")
int triangular(struct sample_ctx* ctx) {
  int16_t x[FIELD_RAW];
  for (int i = 0; i < FIELD_RAW; i++) x[i] = (int16_t)(ctx->raw[i] - 32768);
  int best = 0;
  int64_t most = 0;
#pragma clang loop unroll(disable)
  for (int lag = 1; lag < FIELD_RAW; lag++) {
    int64_t sum = 0;
#pragma clang loop unroll(disable)
    for (int i = 0; i + lag < FIELD_RAW; i++) sum += (int32_t)x[i] * x[i + lag];
    if (sum > most) {
      most = sum;
      best = lag;
    }
  }
  return best;
}
