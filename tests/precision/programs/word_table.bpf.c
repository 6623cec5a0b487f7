/* SPDX-License-Identifier: Apache-2.0 */
/* Counts words by a hash with open addressing in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define SLOTS 32

struct slot {
  uint32_t hash;
  uint32_t count;
};

struct slot table[SLOTS];

static void add(uint32_t hash) {
  uint32_t at = hash % SLOTS;
  for (int probe = 0; probe < SLOTS; probe++) {
    struct slot* s = &table[at];
    if (s->count == 0) {
      s->hash = hash;
      s->count = 1;
      return;
    }
    if (s->hash == hash) {
      s->count++;
      return;
    }
    at = (at + 1) & (SLOTS - 1);
  }
}

SEC("packet/words")
int word_table(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  uint32_t hash = 2166136261u, letters = 0;
  for (uint32_t i = 0; i < 200; i++) {
    if (data + i + 1 > end) break;
    uint8_t c = data[i];
    if (c > ' ') {
      hash = (hash ^ c) * 16777619u;
      letters++;
    } else if (letters) {
      add(hash);
      hash = 2166136261u;
      letters = 0;
    }
  }
  if (letters) add(hash);
  return PASS;
}
