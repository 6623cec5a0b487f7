/* SPDX-License-Identifier: Apache-2.0 */
/* A function that the hook does not allow. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("tick")
int capability_missing(struct tick_ctx* ctx) {
  (void)ctx;
  log_text("tick", 4);
  return 0;
}
