/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a record reserved, filled, submitted or discarded; and one that is copied in. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct record {
  uint64_t time;
  uint32_t channel;
  int32_t value;
  uint8_t note[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} records SEC(".maps");

SEC("sensor")
int ring_records(struct sensor_ctx* ctx) {
  struct record* record = bpf_ringbuf_reserve(&records, sizeof *record, 0);
  if (!record) return 0;
  record->time = bpf_ktime_get_ns();
  record->channel = bpf_htonl(ctx->channel);
  record->value = ctx->value;
  for (int i = 0; i < 16; i++) record->note[i] = (uint8_t)(ctx->value >> (i & 3));
  if (ctx->value < 0) {
    bpf_ringbuf_discard(record, 0);
    return 0;
  }
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}

SEC("sensor/copied")
int copied(struct sensor_ctx* ctx) {
  struct record record = {.channel = ctx->channel, .value = ctx->value};
  if (bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > 2048) return 0;
  bpf_ringbuf_output(&records, &record, sizeof record, 0);
  return 0;
}
