/* SPDX-License-Identifier: Apache-2.0 */
/* A byte of the packet that was not compared with its end. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("packet")
int packet_unchecked(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  return data[0] == 'B';
}
