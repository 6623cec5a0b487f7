/* SPDX-License-Identifier: Apache-2.0 */
/* Finds which known word a packet begins with, by a trie of first child and next sibling. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct node {
  char letter;
  uint8_t child;   /* 0: none */
  uint8_t sibling; /* 0: none */
  uint8_t word;    /* 0: none ends here */
};

#define NODES 12
static const struct node trie[NODES] = {
    {0, 1, 0, 0},   {'o', 2, 5, 0}, {'n', 0, 3, 1}, {'f', 4, 0, 0},  {'f', 0, 0, 2},  {'s', 6, 0, 0},
    {'e', 7, 8, 0}, {'t', 0, 0, 3}, {'t', 9, 0, 0}, {'o', 10, 0, 0}, {'p', 11, 0, 4}, {'!', 0, 0, 5},
};

uint32_t word_count[6];

SEC("packet/words")
int trie_words(struct packet_ctx* ctx) {
  const char* p = (const char*)(unsigned long)ctx->data;
  const char* end = (const char*)(unsigned long)ctx->data_end;
  uint8_t node = 0;
  uint8_t word = 0;
  for (; p < end; p++) {
    uint8_t next = trie[node].child;
    while (next != 0 && trie[next].letter != *p) next = trie[next].sibling;
    if (next == 0) break;
    node = next;
    if (trie[node].word) word = trie[node].word;
  }
  word_count[word]++;
  return word ? REPLY : DROP;
}
