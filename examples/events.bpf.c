/* SPDX-License-Identifier: Apache-2.0 */
/* Tells every reading of channel 0 as a record of a ring buffer, which the host watches as they come:
 * perdita map watch DEVICE events/readings. With nobody watching the ring buffer fills, and what is lost is counted. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct reading {
  uint64_t time_ns;
  uint32_t number;
  int32_t value;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1024);
} readings SEC(".maps");

uint32_t taken;

SEC("sensor")
int events(struct sensor_ctx* ctx) {
  if (ctx->channel != 0) return 0;
  uint32_t number = taken++;
  struct reading* reading = bpf_ringbuf_reserve(&readings, sizeof(*reading), 0);
  if (!reading) return 1;
  reading->time_ns = ctx->time_ns;
  reading->number = number;
  reading->value = ctx->value;
  bpf_ringbuf_submit(reading, 0);
  return 0;
}
