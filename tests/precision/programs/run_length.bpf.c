/* SPDX-License-Identifier: Apache-2.0 */
/* Run-length coding of sixteen raw inputs into a record of variable size. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct run {
  uint16_t value;
  uint16_t count;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} records SEC(".maps");

SEC("sample/rle")
int run_length(struct sample_ctx* ctx) {
  struct run runs[FIELD_RAW] = {};
  uint32_t n = 0;
  runs[0].value = ctx->raw[0] >> 4;
  runs[0].count = 1;
  for (int i = 1; i < FIELD_RAW; i++) {
    uint16_t v = ctx->raw[i] >> 4;
    if (v == runs[n].value) {
      runs[n].count++;
    } else if (n + 1 < FIELD_RAW) {
      n++;
      runs[n].value = v;
      runs[n].count = 1;
    }
  }
  return bpf_ringbuf_output(&records, runs, (n + 1) * sizeof(struct run), 0) < 0 ? -1 : (int)n + 1;
}
