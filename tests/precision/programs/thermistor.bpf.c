/* SPDX-License-Identifier: Apache-2.0 */
/* Resistance to temperature by a table with interpolation. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct point {
  uint16_t raw;
  int16_t celsius_100;
};

static const struct point curve[] = {{120, 12500}, {250, 10000},  {480, 8000},   {900, 6000},
                                     {1500, 4500}, {2300, 3000},  {3000, 2000},  {3500, 1000},
                                     {3800, 0},    {3950, -1000}, {4040, -2500}, {4090, -4000}};
#define POINTS (int)(sizeof curve / sizeof curve[0])

SEC("sample")
int thermistor(struct sample_ctx* ctx) {
  uint16_t raw = ctx->raw[0];
  if (raw <= curve[0].raw) return curve[0].celsius_100;
  for (int i = 1; i < POINTS; i++) {
    if (raw < curve[i].raw) {
      int span = curve[i].raw - curve[i - 1].raw;
      int rise = curve[i].celsius_100 - curve[i - 1].celsius_100;
      return curve[i - 1].celsius_100 + (raw - curve[i - 1].raw) * rise / span;
    }
  }
  return curve[POINTS - 1].celsius_100;
}
