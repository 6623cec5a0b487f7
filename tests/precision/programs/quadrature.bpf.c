/* SPDX-License-Identifier: Apache-2.0 */
/* A quadrature encoder: the step from a table indexed by old and new state. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const int8_t steps[16] = {0, 1, -1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 0, -1, 1, 0};

uint8_t last_state;
int32_t position;

SEC("sample/encoder")
int quadrature(struct sample_ctx* ctx) {
  uint8_t state = gpio_get(4) << 1 | gpio_get(5);
  position += steps[(last_state << 2 | state) & 15];
  last_state = state;
  if (ctx->buttons & 0x80) position = 0;
  return position;
}
