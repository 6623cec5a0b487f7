/* SPDX-License-Identifier: Apache-2.0 */
/* A PID controller in 16.16 fixed point, with its state in a map and limits against wind-up. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ONE 65536

struct pid {
  int64_t integral;
  int32_t last_error;
  int32_t kp, ki, kd;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct pid);
} loops SEC(".maps");

const volatile int32_t setpoint = 2500;

static int64_t clamp(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

SEC("sample")
int pid(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  if (channel >= FIELD_CHANNELS) return 0;
  struct pid* s = bpf_map_lookup_elem(&loops, &channel);
  if (!s) return 0;
  int32_t error = setpoint - ctx->value;
  s->integral = clamp(s->integral + (int64_t)error * s->ki, -1000LL * ONE, 1000LL * ONE);
  int64_t out = (int64_t)error * s->kp + s->integral + (int64_t)(error - s->last_error) * s->kd;
  s->last_error = error;
  int64_t duty = clamp(out >> 16, 0, 1000);
  pwm_set(channel, (uint32_t)duty);
  return (int)duty;
}
