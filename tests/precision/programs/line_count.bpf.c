/* SPDX-License-Identifier: Apache-2.0 */
/* Counts lines and the longest one, backwards from the packet's end. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint32_t lines, longest;

SEC("packet/lines")
int line_count(struct packet_ctx* ctx) {
  const char* data = (const char*)(unsigned long)ctx->data;
  const char* p = (const char*)(unsigned long)ctx->data_end;
  uint32_t length = 0, n = 0, most = 0;
  while (p > data) {
    p--;
    if (*p == '\n') {
      n++;
      if (length > most) most = length;
      length = 0;
    } else {
      length++;
    }
  }
  lines += n;
  if (most > longest) longest = most;
  return PASS;
}
