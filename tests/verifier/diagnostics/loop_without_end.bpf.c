/* SPDX-License-Identifier: Apache-2.0 */
/* A loop that waits for the world to change. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

volatile uint32_t ready;

SEC("sensor")
int loop_without_end(struct sensor_ctx* ctx) {
  (void)ctx;
  while (!ready) {
  }
  return 0;
}
