/* SPDX-License-Identifier: Apache-2.0 */
/* A record used after it was submitted. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1024);
} records SEC(".maps");

SEC("sensor")
int record_used_after(struct sensor_ctx* ctx) {
  volatile int32_t* record = bpf_ringbuf_reserve(&records, sizeof *record, 0);
  if (!record) return 0;
  bpf_ringbuf_submit((void*)record, 0);
  *record = ctx->value;
  return 0;
}
