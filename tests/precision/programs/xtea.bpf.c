/* SPDX-License-Identifier: Apache-2.0 */
/* XTEA: thirty-two rounds over each whole block of the frame, with a key in .rodata. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

const volatile uint32_t key[4] = {1, 2, 3, 4};

SEC("frame/xtea")
int xtea(struct frame_ctx* ctx) {
  uint32_t* p = (uint32_t*)(unsigned long)ctx->data;
  uint32_t* end = (uint32_t*)(unsigned long)ctx->data_end;
  int n = 0;
  while (p + 2 <= end) {
    uint32_t v0 = p[0], v1 = p[1], sum = 0;
    for (int i = 0; i < 32; i++) {
      v0 += (((v1 << 4) ^ (v1 >> 5)) + v1) ^ (sum + key[sum & 3]);
      sum += 0x9e3779b9;
      v1 += (((v0 << 4) ^ (v0 >> 5)) + v0) ^ (sum + key[(sum >> 11) & 3]);
    }
    p[0] = v0;
    p[1] = v1;
    p += 2;
    n += 8;
  }
  return n;
}
