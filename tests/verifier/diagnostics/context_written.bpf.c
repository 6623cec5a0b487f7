/* SPDX-License-Identifier: Apache-2.0 */
/* A field of the context that may only be read. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int context_written(struct sensor_ctx* ctx) {
  ctx->value = 0;
  return 0;
}
