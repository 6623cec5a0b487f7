/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a queue and a stack. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct job {
  uint32_t channel;
  int32_t value;
};

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 8);
  __type(value, struct job);
} jobs SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, 8);
  __type(value, uint64_t);
} undo SEC(".maps");

SEC("sensor")
int queue(struct sensor_ctx* ctx) {
  struct job job = {.channel = ctx->channel, .value = ctx->value};
  if (bpf_map_push_elem(&jobs, &job, BPF_EXIST) < 0) return 0;
  struct job first;
  if (bpf_map_pop_elem(&jobs, &first) < 0) return 0;
  uint64_t last;
  bpf_map_peek_elem(&undo, &last);
  return first.channel == job.channel && last != 7;
}
