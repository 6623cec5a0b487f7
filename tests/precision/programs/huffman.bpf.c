/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes canonical Huffman codes, bit by bit, into text in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define LONGEST 5
#define ROOM 64

static const uint8_t codes_of_length[LONGEST + 1] = {0, 0, 1, 3, 4, 4};
static const char symbols[12] = {'e', 't', 'a', 'o', 'n', 'i', 's', 'r', '0', '1', ' ', '\n'};

char text[ROOM];

SEC("packet/text")
int huffman(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  uint32_t bits = (ctx->data_end - ctx->data) * 8;
  uint32_t at = 0, n = 0;
  while (n < ROOM) {
    int code = 0, first = 0, index = 0;
    for (int length = 1;; length++) {
      if (length > LONGEST) return DROP;
      if (at == bits) goto out;
      code |= p[at / 8] >> (7 - at % 8) & 1;
      at++;
      int count = codes_of_length[length];
      if (code - first < count) break;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    uint32_t symbol = index + (code - first);
    if (symbol >= sizeof(symbols)) return DROP;
    text[n++] = symbols[symbol];
  }
out:
  return n ? PASS : DROP;
}
