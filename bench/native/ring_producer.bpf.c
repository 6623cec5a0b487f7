/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a record into a ring buffer for each reading that left its band. */
#include "bench.h"

struct record {
  uint64_t time_ns;
  uint32_t number;
  uint16_t channel, index;
  int32_t value, change;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1024);
} records SEC(".maps");

static uint32_t taken;
static int32_t last;

SEC("sample") uint64_t ring_producer(struct sample_ctx* ctx) {
  uint32_t count = ctx->count;
  uint32_t written = 0;
  ROLLED for (uint32_t i = 0; i < BENCH_SAMPLES; i++) {
    if (i >= count) break;
    int32_t value = ctx->values[i];
    int32_t change = value - last;
    if (change > -50 && change < 50) continue;
    struct record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
    if (!record) break;
    record->time_ns = ctx->time_ns + i * 1000u;
    record->number = taken++;
    record->channel = (uint16_t)ctx->channel;
    record->index = (uint16_t)i;
    record->value = value;
    record->change = change;
    bpf_ringbuf_submit(record, 0);
    last = value;
    written++;
  }
  return written;
}
