// SPDX-License-Identifier: Apache-2.0
/* reject out-of-bounds: four bytes are checked before the packet, the fifth is read. */
#include "linux.h"

SEC("xdp") int prog(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  __u8* meta = (void*)(long)ctx->data_meta;
  if ((void*)(meta + 4) > data) return XDP_ABORTED;
  return meta[4]; /* here */
}
