/* SPDX-License-Identifier: Apache-2.0 */
/* Half of the pointer to the packet. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int context_pointer_half(struct packet_ctx* ctx) { return *(volatile uint32_t*)&ctx->data == 1; }
