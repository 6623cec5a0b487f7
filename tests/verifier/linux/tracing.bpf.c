// SPDX-License-Identifier: Apache-2.0
/* accept: probes read the kernel's memory and tell what they saw. */
#include "linux.h"

struct event {
  __u64 when;
  char name[16];
  char text[32];
};
struct bpf_map_def events SEC("maps") = {
    .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 8};
struct bpf_map_def stacks SEC("maps") = {
    .type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = 127 * 8, .max_entries = 64};

SEC("kprobe/do_something") int enter(struct pt_regs* ctx) {
  struct event event = {.when = bpf_ktime_get_ns()};
  bpf_get_current_comm(event.name, sizeof event.name);
  int length = bpf_probe_read_kernel_str(event.text, sizeof event.text, (void*)ctx->rdi);
  if (length < 0) return 0;
  event.text[(length - 1) & 31] = '.';
  bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof event);
  bpf_get_stackid(ctx, &stacks, 0);
  char format[] = "saw %d\n";
  bpf_trace_printk(format, sizeof format, length);
  return 0;
}

SEC("tracepoint/sched/something") int point(__u64* fields) { return fields[2] & 1; }
