/* SPDX-License-Identifier: Apache-2.0 */
/* Which button is pressed first: shifts until the lowest bit is set. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint32_t presses[8];

SEC("sample")
int trailing_zeros(struct sample_ctx* ctx) {
  uint32_t pressed = ctx->buttons;
  if (pressed == 0) return -1;
  uint32_t which = 0;
  while (!(pressed & 1)) {
    pressed >>= 1;
    which++;
  }
  presses[which & 7]++;
  return (int)which;
}
