/* SPDX-License-Identifier: Apache-2.0 */
/* Copies and clears structures with the compiler's builtins, compares names in a loop. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct settings {
  uint32_t version;
  uint8_t name[16];
  uint16_t limits[6];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, uint32_t);
  __type(value, struct settings);
} stored SEC(".maps");

SEC("sample/settings")
int memory_builtins(struct sample_ctx* ctx) {
  uint32_t active = 0, spare = 1;
  struct settings* a = bpf_map_lookup_elem(&stored, &active);
  struct settings* b = bpf_map_lookup_elem(&stored, &spare);
  if (!a || !b) return -1;
  struct settings copy;
  __builtin_memcpy(&copy, a, sizeof copy);
  copy.version++;
  copy.limits[ctx->channel % 6] = (uint16_t)ctx->value;
  if (ctx->mode == 9) __builtin_memset(copy.name, 0, sizeof copy.name);
  __builtin_memcpy(b, &copy, sizeof copy);
  int same = 1;
  for (int i = 0; i < 16; i++) same &= copy.name[i] == a->name[i];
  bpf_map_update_elem(&stored, &active, &copy, BPF_ANY);
  return same;
}
