/* SPDX-License-Identifier: Apache-2.0 */
/* Sine by a quarter-wave table. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const int16_t quarter[65] = {0,     804,   1608,  2410,  3212,  4011,  4808,  5602,  6393,  7179,  7962,
                                    8739,  9512,  10278, 11039, 11793, 12539, 13279, 14010, 14732, 15446, 16151,
                                    16846, 17530, 18204, 18868, 19519, 20159, 20787, 21403, 22005, 22594, 23170,
                                    23731, 24279, 24811, 25329, 25832, 26319, 26790, 27245, 27683, 28105, 28510,
                                    28898, 29268, 29621, 29956, 30273, 30571, 30852, 31113, 31356, 31580, 31785,
                                    31971, 32137, 32285, 32412, 32521, 32609, 32678, 32728, 32757, 32767};

static int32_t sine_of(uint8_t angle) {
  uint8_t phase = angle & 0x7f;
  if (phase > 64) phase = 128 - phase;
  int32_t v = quarter[phase];
  return angle & 0x80 ? -v : v;
}

SEC("sample/sine")
int sine(struct sample_ctx* ctx) {
  uint8_t angle = (uint8_t)(ctx->count * 3);
  int32_t mixed = ctx->value * sine_of(angle) >> 15;
  return mixed + sine_of((uint8_t)(angle + 64));
}
