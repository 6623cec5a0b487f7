/* SPDX-License-Identifier: Apache-2.0 */
/* Matches a topic against a pattern of the configuration with '*' and '?', going back to the last star. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define PATTERN_MAX 24

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, uint32_t);
  __type(value, char[PATTERN_MAX]);
} patterns SEC(".maps");

SEC("packet/topic")
int glob_match(struct packet_ctx* ctx) {
  const char* text = (const char*)(unsigned long)ctx->data;
  uint32_t n = ctx->data_end - ctx->data;
  uint32_t which = ctx->port;
  char* found = bpf_map_lookup_elem(&patterns, &which);
  if (!found || n > 64) return DROP;
  char pattern[PATTERN_MAX];
  __builtin_memcpy(pattern, found, sizeof(pattern));
  pattern[PATTERN_MAX - 1] = 0;
  uint32_t t = 0, p = 0;
  int star = -1;
  uint32_t mark = 0;
  while (t < n) {
    if (pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (pattern[p] != 0 && (pattern[p] == '?' || pattern[p] == text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return DROP;
    }
  }
  while (pattern[p] == '*') p++;
  return pattern[p] == 0 ? PASS : DROP;
}
