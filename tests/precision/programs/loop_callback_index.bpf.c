/* SPDX-License-Identifier: Apache-2.0 */
/* A table in .bss filled by bpf_loop, as many entries as the context says. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define SLOTS 64

uint32_t slots[SLOTS];

static long fill_slot(uint32_t i, void* data) {
  uint32_t* seed = data;
  if (i >= SLOTS) return 1;
  *seed = *seed * 1103515245 + 12345;
  slots[i] = *seed >> 16;
  return 0;
}

SEC("sample/fill")
int loop_callback_index(struct sample_ctx* ctx) {
  uint32_t seed = ctx->count;
  uint32_t n = ctx->raw[0];
  return (int)bpf_loop(n > SLOTS ? SLOTS : n, fill_slot, &seed, 0);
}
