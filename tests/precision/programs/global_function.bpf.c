/* SPDX-License-Identifier: Apache-2.0 */
/* Functions with external linkage, called from two programs. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

int32_t history[8];

__attribute__((noinline)) int32_t smooth(uint32_t slot, int32_t value) {
  if (slot >= 8) return value;
  history[slot] += (value - history[slot]) / 8;
  return history[slot];
}

__attribute__((noinline)) int32_t deviation(uint32_t slot, int32_t value) {
  int32_t d = value - smooth(slot, value);
  return d < 0 ? -d : d;
}

SEC("sample/a")
int deviation_of_value(struct sample_ctx* ctx) { return deviation(ctx->channel, ctx->value); }

SEC("sample/b")
int deviation_of_battery(struct sample_ctx* ctx) {
  int32_t worst = 0;
  for (uint32_t i = 0; i < 4; i++) {
    int32_t d = deviation(4 + i, ctx->raw[i]);
    if (d > worst) worst = d;
  }
  return worst;
}
