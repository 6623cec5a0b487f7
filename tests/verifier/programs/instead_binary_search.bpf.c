/* SPDX-License-Identifier: Apache-2.0 */
/* accept: a binary search that counts its steps (docs/verifier/limits.md) */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

uint32_t limits[100];

SEC("packet")
int instead_binary_search(struct packet_ctx* ctx) {
  int low = 0, high = 99;
  for (int i = 0; i < 7 && low <= high; i++) {
    uint32_t middle = (uint32_t)(low + high) / 2;
    if (middle >= 100) break;
    if (limits[middle] == ctx->source) return DEMO_DROP;
    if (limits[middle] < ctx->source)
      low = middle + 1;
    else
      high = middle - 1;
  }
  return DEMO_PASS;
}
