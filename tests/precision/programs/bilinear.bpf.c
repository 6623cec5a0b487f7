/* SPDX-License-Identifier: Apache-2.0 */
/* An engine map: ignition advance over speed and load, interpolated between the four neighbours. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define SPEEDS 8
#define LOADS 6
#define SPEED_STEP 1000
#define LOAD_STEP 200

static const uint8_t advance[LOADS][SPEEDS] = {
    {10, 14, 18, 24, 28, 32, 34, 34}, {10, 13, 17, 22, 27, 30, 32, 32}, {8, 12, 16, 20, 25, 28, 30, 30},
    {8, 10, 14, 18, 22, 26, 28, 28},  {6, 9, 12, 16, 20, 23, 25, 26},   {5, 8, 10, 14, 18, 20, 22, 22},
};

SEC("sample/engine")
int bilinear(struct sample_ctx* ctx) {
  uint32_t speed = ctx->raw[0];
  uint32_t load = ctx->raw[1];
  if (speed > (SPEEDS - 1) * SPEED_STEP) speed = (SPEEDS - 1) * SPEED_STEP;
  if (load > (LOADS - 1) * LOAD_STEP) load = (LOADS - 1) * LOAD_STEP;
  uint32_t x = speed / SPEED_STEP;
  uint32_t y = load / LOAD_STEP;
  uint32_t fx = speed % SPEED_STEP;
  uint32_t fy = load % LOAD_STEP;
  uint32_t x1 = x + 1 < SPEEDS ? x + 1 : x;
  uint32_t y1 = y + 1 < LOADS ? y + 1 : y;
  uint32_t low = advance[y][x] * (SPEED_STEP - fx) + advance[y][x1] * fx;
  uint32_t high = advance[y1][x] * (SPEED_STEP - fx) + advance[y1][x1] * fx;
  return (low * (LOAD_STEP - fy) + high * fy) / (LOAD_STEP * 100);
}
