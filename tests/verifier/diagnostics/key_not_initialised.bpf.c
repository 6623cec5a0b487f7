/* SPDX-License-Identifier: Apache-2.0 */
/* A key of which padding was never written. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct key {
  uint8_t kind;
  uint32_t channel;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, struct key);
  __type(value, uint32_t);
} seen SEC(".maps");

SEC("sensor")
int key_not_initialised(struct sensor_ctx* ctx) {
  struct key key;
  key.kind = 1;
  key.channel = ctx->channel;
  return bpf_map_lookup_elem(&seen, &key) != 0;
}
