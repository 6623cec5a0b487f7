// SPDX-License-Identifier: Apache-2.0
/* reject uninitialised-stack: half of the event was never written. */
#include "linux.h"

struct bpf_map_def events SEC("maps") = {
    .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 8};

SEC("kprobe/do_something") int enter(struct pt_regs* ctx) {
  __u64 event[2];
  event[0] = ctx->rdi;
  bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, sizeof event); /* here */
  return 0;
}
