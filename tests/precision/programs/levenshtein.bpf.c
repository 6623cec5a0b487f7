/* SPDX-License-Identifier: Apache-2.0 */
/* The distance of the word in a packet from a command's name, for "did you mean". */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define WORD_MAX 12

static const char command[] = "calibrate";

static uint8_t smaller(uint8_t a, uint8_t b) { return a < b ? a : b; }

SEC("packet/console")
int levenshtein(struct packet_ctx* ctx) {
  const char* word = (const char*)(unsigned long)ctx->data;
  const char* end = (const char*)(unsigned long)ctx->data_end;
  uint8_t row[WORD_MAX + 1];
  uint32_t n = 0;
  while (n < WORD_MAX && word + n < end && word[n] > ' ') n++;
  if (n == 0) return DROP;
  for (uint32_t j = 0; j <= n; j++) row[j] = j;
  for (uint32_t i = 1; i < sizeof(command); i++) {
    uint8_t diagonal = row[0];
    row[0] = i;
    for (uint32_t j = 1; j <= n; j++) {
      uint8_t above = row[j];
      uint8_t cost = diagonal + (word[j - 1] != command[i - 1]);
      row[j] = smaller(cost, smaller(row[j - 1], above) + 1);
      diagonal = above;
    }
  }
  if (row[n] == 0) return PASS;
  return row[n] <= 2 ? REPLY : DROP;
}
