/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the words in the first 64 bytes of each packet. The loop has a fixed length, so the compiler unrolls it; what
 * lies behind the packet's end is not read. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define LOOKED_AT 64

struct totals {
  uint64_t packets;
  uint64_t words;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct totals);
} totals SEC(".maps");

SEC("packet/words")
int wordcount(struct packet_ctx* ctx) {
  uint32_t first = 0;
  struct totals* sum = bpf_map_lookup_elem(&totals, &first);
  if (!sum) return DEMO_PASS;
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t words = 0;
  int in_word = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < LOOKED_AT; i++) {
    if (data + i + 1 > end) break;
    int is_letter = data[i] > ' ';
    words += is_letter && !in_word;
    in_word = is_letter;
  }
  sum->packets += 1;
  sum->words += words;
  return DEMO_PASS;
}
