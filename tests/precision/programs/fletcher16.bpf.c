/* SPDX-License-Identifier: Apache-2.0 */
/* Fletcher's checksum over a map's buffer of a given length. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct blob {
  uint16_t length;
  uint8_t bytes[200];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, uint32_t);
  __type(value, struct blob);
} blobs SEC(".maps");

SEC("sample")
int fletcher16(struct sample_ctx* ctx) {
  uint32_t which = ctx->channel & 3;
  struct blob* blob = bpf_map_lookup_elem(&blobs, &which);
  if (!blob) return -1;
  uint32_t length = blob->length;
  if (length > sizeof blob->bytes) return -2;
  uint32_t a = 0, b = 0;
  for (uint32_t i = 0; i < length; i++) {
    a = (a + blob->bytes[i]) % 255;
    b = (b + a) % 255;
  }
  return (int)(b << 8 | a);
}
