/* SPDX-License-Identifier: Apache-2.0 */
/* Two programs with a period each: one counts its beats and those that were left out, the other blinks an LED. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define LED_HEART 3

struct pulse {
  uint64_t beats;
  uint64_t missed;
  uint64_t last_due_ns;
  uint64_t largest_delay_ns;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct pulse);
} pulses SEC(".maps");

SEC("timer/50ms")
int beat(struct perdita_period* ctx) {
  uint32_t key = 0;
  struct pulse* pulse = bpf_map_lookup_elem(&pulses, &key);
  if (!pulse) return 0;
  uint64_t delay_ns = ctx->time_ns - ctx->due_ns;
  pulse->beats++;
  pulse->missed += ctx->missed;
  pulse->last_due_ns = ctx->due_ns;
  if (delay_ns > pulse->largest_delay_ns) pulse->largest_delay_ns = delay_ns;
  return 0;
}

SEC("timer/1s")
int blink(struct perdita_period* ctx) {
  led_set(LED_HEART, (ctx->due_ns / 1000000000) & 1);
  return 0;
}
