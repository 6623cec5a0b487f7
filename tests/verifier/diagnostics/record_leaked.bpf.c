/* SPDX-License-Identifier: Apache-2.0 */
/* A record that one path forgets. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1024);
} records SEC(".maps");

SEC("sensor")
int record_leaked(struct sensor_ctx* ctx) {
  int32_t* record = bpf_ringbuf_reserve(&records, sizeof *record, 0);
  if (!record) return 0;
  if (ctx->value < 0) return 1;
  *record = ctx->value;
  bpf_ringbuf_submit(record, 0);
  return 0;
}
