/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is smaller than the size that is said. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int argument_too_small(struct sensor_ctx* ctx) {
  char line[16] = "reading         ";
  log_text(line, 17 + (ctx->channel & 1));
  return 0;
}
