/* SPDX-License-Identifier: Apache-2.0 */
/* A result that the hook does not take. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int result_too_large(struct sensor_ctx* ctx) { return ctx->value > 100 ? 4 : 0; }
