/* SPDX-License-Identifier: Apache-2.0 */
/* A PID controller in 16.16 fixed point, with limits against wind-up, over a series of readings. */
#include "bench.h"

#define ONE 65536

static struct {
  int64_t integral;
  int32_t last_error;
} state;

static const volatile int32_t setpoint = 2500, kp = 3 * ONE / 2, ki = ONE / 8, kd = ONE / 4;

static int64_t clamp(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

SEC("sample") uint64_t pid(struct sample_ctx* ctx) {
  uint32_t count = ctx->count;
  uint32_t sum = 0;
  ROLLED for (uint32_t i = 0; i < BENCH_SAMPLES; i++) {
    if (i >= count) break;
    int32_t error = setpoint - ctx->values[i];
    state.integral = clamp(state.integral + (int64_t)error * ki, -1000LL * ONE, 1000LL * ONE);
    int64_t out = (int64_t)error * kp + state.integral + (int64_t)(error - state.last_error) * kd;
    state.last_error = error;
    sum += (uint32_t)clamp(out >> 16, 0, 1000);
  }
  return sum;
}
