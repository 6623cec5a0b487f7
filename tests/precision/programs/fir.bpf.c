/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of samples that is read from the oldest on, modulo its length that is no power of two. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define LENGTH 50

int16_t ring[LENGTH];
uint32_t head;

static const int16_t taps[8] = {-120, 340, 1800, 4200, 4200, 1800, 340, -120};

SEC("sample/fir")
int fir(struct sample_ctx* ctx) {
  uint32_t at = head;
  if (at >= LENGTH) at = 0;
  ring[at] = (int16_t)ctx->value;
  head = at + 1 == LENGTH ? 0 : at + 1;
  int32_t sum = 0;
  for (uint32_t i = 0; i < 8; i++) sum += ring[(at + LENGTH - i) % LENGTH] * taps[i];
  return sum >> 14;
}
