/* SPDX-License-Identifier: Apache-2.0 */
/* Debounces eight buttons by counters in .bss and reports the edges. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define STABLE 4

uint8_t counters[8];
uint8_t stable;

SEC("sample")
int debounce(struct sample_ctx* ctx) {
  uint8_t raw = ctx->buttons;
  uint8_t before = stable;
  for (int i = 0; i < 8; i++) {
    uint8_t bit = 1u << i;
    if ((raw ^ stable) & bit) {
      if (++counters[i] >= STABLE) {
        stable ^= bit;
        counters[i] = 0;
      }
    } else {
      counters[i] = 0;
    }
  }
  return before ^ stable;
}
