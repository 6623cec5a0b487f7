/* SPDX-License-Identifier: Apache-2.0 */
/* A pointer that is null or not, chosen in one place and followed in another. */
/* -mcpu=v4: signed division */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct entry {
  int32_t offset;
  int32_t scale;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, uint32_t);
  __type(value, struct entry);
} calibration SEC(".maps");

struct entry standard = {.offset = 0, .scale = 1000};

SEC("sample/calibrate")
int optional_pointer(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct entry* e = &standard;
  if (ctx->mode & 1) {
    struct entry* own = bpf_map_lookup_elem(&calibration, &channel);
    if (own) e = own;
  }
  return (int)(((int64_t)ctx->value + e->offset) * e->scale / 1000);
}
