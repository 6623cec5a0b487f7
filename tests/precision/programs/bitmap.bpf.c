/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the first free slot of a bitmap in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define SLOTS 128

uint32_t taken[SLOTS / 32];
uint32_t owner[SLOTS];

SEC("sample/slot")
int bitmap(struct sample_ctx* ctx) {
  for (int word = 0; word < SLOTS / 32; word++) {
    uint32_t free = ~taken[word];
    if (!free) continue;
    int bit = 0;
    while (!(free & (1u << bit))) bit++;
    taken[word] |= 1u << bit;
    int slot = word * 32 + bit;
    if (slot < SLOTS) owner[slot] = ctx->channel;
    return slot;
  }
  return -1;
}
