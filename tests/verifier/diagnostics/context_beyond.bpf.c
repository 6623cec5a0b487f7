/* SPDX-License-Identifier: Apache-2.0 */
/* A read behind the context's last field. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int context_beyond(struct sensor_ctx* ctx) { return ((volatile uint32_t*)ctx)[4] == 1; }
