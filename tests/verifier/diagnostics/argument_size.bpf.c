/* SPDX-License-Identifier: Apache-2.0 */
/* A size that may be zero or too large. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

char text[64];

SEC("sensor")
int argument_size(struct sensor_ctx* ctx) {
  log_text(text, ctx->channel);
  return 0;
}
