/* SPDX-License-Identifier: Apache-2.0 */
/* A table around zero, indexed by a clamped signed difference. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const int8_t gain[17] = {-9, -7, -5, -4, -3, -2, -1, 0, 0, 0, 1, 2, 3, 4, 5, 7, 9};

int32_t target = 2500;

SEC("sample/gain")
int signed_index(struct sample_ctx* ctx) {
  int d = (ctx->value - target) / 100;
  if (d < -8) d = -8;
  if (d > 8) d = 8;
  return gain[d + 8] * 100;
}
