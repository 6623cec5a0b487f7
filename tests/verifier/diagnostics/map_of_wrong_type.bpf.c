/* SPDX-License-Identifier: Apache-2.0 */
/* A look-up in a ring buffer. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1024);
} records SEC(".maps");

SEC("sensor")
int map_of_wrong_type(struct sensor_ctx* ctx) {
  uint32_t key = ctx->channel;
  return bpf_map_lookup_elem(&records, &key) != 0;
}
