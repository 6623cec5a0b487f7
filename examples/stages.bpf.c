/* SPDX-License-Identifier: Apache-2.0 */
/* Two programs by a tail call: `stages` counts a reading and hands it to the program in slot 0, which can
 * be exchanged while it runs: `perdita map update DEVICE next 0 prog:strict --key KEY`. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

int lenient(struct sensor_ctx* ctx);

/* What a program in the array may take by itself bounds the whole chain. */
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 2);
  __type(key, uint32_t);
  __uint(value_size, 4);
  __uint(tail_instructions, 4000);
  __uint(tail_stack, 64);
  __array(values, int(void*));
} next SEC(".maps") = {.values = {[0] = (void*)&lenient}};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 3);
  __type(key, uint32_t);
  __type(value, uint64_t);
} seen SEC(".maps");

static __always_inline void count(uint32_t which) {
  uint64_t* count = bpf_map_lookup_elem(&seen, &which);
  if (count) *count += 1;
}

SEC("sensor")
int stages(struct sensor_ctx* ctx) {
  count(0);
  bpf_tail_call(ctx, &next, 0);
  return 0; /* nobody stands there */
}

SEC("sensor")
int lenient(struct sensor_ctx* ctx) {
  (void)ctx;
  count(1);
  return 1;
}

SEC("sensor")
int strict(struct sensor_ctx* ctx) {
  (void)ctx;
  count(2);
  return 2;
}
