/* SPDX-License-Identifier: Apache-2.0 */
/* A pointer stored where others can read it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint64_t last;

SEC("sensor")
int pointer_stored(struct sensor_ctx* ctx) {
  last = (uint64_t)ctx;
  return 0;
}
