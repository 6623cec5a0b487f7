/* SPDX-License-Identifier: Apache-2.0 */
/* An alarm with hysteresis and a hold time; the state is a global. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

enum state { IDLE, RISING, ALARM, FALLING };

#define HIGH 3000
#define LOW 2800
#define HOLD_NS 2000000000ull

enum state state;
uint64_t since_ns;

SEC("sample")
int hysteresis(struct sample_ctx* ctx) {
  int32_t v = ctx->value;
  uint64_t now = ctx->time_ns;
  switch (state) {
    case IDLE:
      if (v > HIGH) {
        state = RISING;
        since_ns = now;
      }
      break;
    case RISING:
      if (v <= HIGH)
        state = IDLE;
      else if (now - since_ns > HOLD_NS)
        state = ALARM;
      break;
    case ALARM:
      if (v < LOW) {
        state = FALLING;
        since_ns = now;
      }
      break;
    case FALLING:
      if (v >= LOW)
        state = ALARM;
      else if (now - since_ns > HOLD_NS)
        state = IDLE;
      break;
    default:
      state = IDLE;
  }
  return state == ALARM || state == FALLING;
}
