/* SPDX-License-Identifier: Apache-2.0 */
/* Copies a DNS question's name into a hash's key: labels, no pointers. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define NAME_MAX 32

struct name {
  uint8_t text[NAME_MAX];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, struct name);
  __type(value, uint32_t);
} asked SEC(".maps");

SEC("packet/dns")
int dns_name(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  const uint8_t* p = data + 12;
  if (p > end) return DROP;
  struct name name = {};
  uint32_t left = 0;
  uint32_t n;
  for (n = 0; n < NAME_MAX; n++) {
    if (p + 1 > end) return DROP;
    uint8_t c = *p++;
    if (left == 0) {
      if (c == 0) break;
      if (c > 63) return DROP;
      left = c;
      name.text[n] = '.';
    } else {
      left--;
      name.text[n] = c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
  }
  if (n == NAME_MAX) return DROP;
  uint32_t* count = bpf_map_lookup_elem(&asked, &name);
  if (count) {
    *count += 1;
    return MARK;
  }
  uint32_t one = 1;
  bpf_map_update_elem(&asked, &name, &one, BPF_NOEXIST);
  return PASS;
}
