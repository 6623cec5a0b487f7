/* SPDX-License-Identifier: Apache-2.0 */
/* reject out-of-bounds: the counter in the structure is not bounded by the loop's own. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint8_t bytes[16];

struct cursor {
  uint32_t at;
};

static long put(uint32_t index, void* data) {
  struct cursor* cursor = data;
  bytes[cursor->at & 31] = (uint8_t)index; /* here */
  cursor->at++;
  return 0;
}

SEC("sensor")
int loop_out_of_bounds(struct sensor_ctx* ctx) {
  struct cursor cursor = {};
  bpf_loop(16, put, &cursor, 0);
  return 0;
}
