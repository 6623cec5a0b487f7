/* SPDX-License-Identifier: Apache-2.0 */
/* Takes SLIP bytes off the UART into a frame in a map, over several runs. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define END 0xc0
#define ESC 0xdb

struct frame {
  uint32_t length;
  uint8_t escaped;
  uint8_t bytes[123];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, uint32_t);
  __type(value, struct frame);
} frames SEC(".maps");

SEC("sample/uart")
int slip_decode(struct sample_ctx* ctx) {
  uint8_t in[32] = {};
  uint32_t zero = 0;
  struct frame* f = bpf_map_lookup_elem(&frames, &zero);
  if (!f) return 0;
  int n = uart_read(in, sizeof in);
  int complete = 0;
  for (int i = 0; i < n && i < (int)sizeof in; i++) {
    uint8_t c = in[i];
    if (c == END) {
      if (f->length) complete++;
      f->length = 0;
      continue;
    }
    if (c == ESC) {
      f->escaped = 1;
      continue;
    }
    if (f->escaped) {
      c = c == 0xdc ? END : ESC;
      f->escaped = 0;
    }
    uint32_t at = f->length;
    if (at >= sizeof f->bytes) {
      f->length = 0;
      continue;
    }
    f->bytes[at] = c;
    f->length = at + 1;
  }
  return complete;
}
