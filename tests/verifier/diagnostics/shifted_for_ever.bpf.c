/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts until the lowest bit is set, which may never be. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint32_t mask;

SEC("sensor")
int shifted_for_ever(struct sensor_ctx* ctx) {
  (void)ctx;
  uint32_t x = mask;
  int which = 0;
  while (!(x & 1)) {
    x >>= 1;
    which++;
  }
  return which & 1;
}
