/* SPDX-License-Identifier: Apache-2.0 */
/* Searches a packet for a string whose length stands in a map. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct needle {
  uint32_t length;
  char text[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct needle);
} needles SEC(".maps");

static __noinline int matches(const struct needle* needle, const char* p, const char* end) {
  uint32_t n = needle->length;
  if (n > sizeof needle->text) n = sizeof needle->text;
  for (uint32_t i = 0; i < n; i++) {
    if (p + i + 1 > end) return 0;
    if (p[i] != needle->text[i]) return 0;
  }
  return 1;
}

SEC("packet/text")
int find_text(struct packet_ctx* ctx) {
  const char* data = (const char*)(unsigned long)ctx->data;
  const char* end = (const char*)(unsigned long)ctx->data_end;
  uint32_t zero = 0;
  struct needle* needle = bpf_map_lookup_elem(&needles, &zero);
  if (!needle) return PASS;
  for (int i = 0; i < 256; i++) {
    if (data + i + 1 > end) break;
    if (matches(needle, data + i, end)) return DROP;
  }
  return PASS;
}
