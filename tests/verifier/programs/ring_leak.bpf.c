/* SPDX-License-Identifier: Apache-2.0 */
/* reject reservation-leaked: one path forgets the record. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} records SEC(".maps");

SEC("sensor")
int ring_leak(struct sensor_ctx* ctx) {
  uint32_t* record = bpf_ringbuf_reserve(&records, sizeof *record, 0); /* here */
  if (!record) return 0;
  if (ctx->value < 0) return 0;
  *record = ctx->channel;
  bpf_ringbuf_submit(record, 0);
  return 0;
}
