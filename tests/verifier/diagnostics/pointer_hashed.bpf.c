/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic with an address. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int pointer_hashed(struct sensor_ctx* ctx) { return ((uint64_t)ctx >> 4) & 3; }
