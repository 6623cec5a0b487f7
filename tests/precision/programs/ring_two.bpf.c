/* SPDX-License-Identifier: Apache-2.0 */
/* Two records of different ring buffers held at the same time. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1024);
} urgent SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} bulk SEC(".maps");

SEC("sample/two")
int ring_two(struct sample_ctx* ctx) {
  uint32_t* first = bpf_ringbuf_reserve(&urgent, 8, 0);
  uint16_t* second = bpf_ringbuf_reserve(&bulk, FIELD_RAW * 2, 0);
  if (first && second) {
    first[0] = ctx->count;
    first[1] = ctx->channel;
    for (int i = 0; i < FIELD_RAW; i++) second[i] = ctx->raw[i];
  }
  if (first) {
    if (second)
      bpf_ringbuf_submit(first, 0);
    else
      bpf_ringbuf_discard(first, 0);
  }
  if (second) {
    if (first)
      bpf_ringbuf_submit(second, 0);
    else
      bpf_ringbuf_discard(second, 0);
  }
  return 0;
}
