/* SPDX-License-Identifier: Apache-2.0 */
/* The median of five readings, by compare and exchange. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static __always_inline void order(int32_t* a, int32_t* b) {
  if (*a > *b) {
    int32_t t = *a;
    *a = *b;
    *b = t;
  }
}

SEC("sample")
int median5(struct sample_ctx* ctx) {
  int32_t v[5];
  for (int i = 0; i < 5; i++) v[i] = sensor_read(ctx->channel % FIELD_CHANNELS);
  order(&v[0], &v[1]);
  order(&v[3], &v[4]);
  order(&v[0], &v[3]);
  order(&v[1], &v[4]);
  order(&v[1], &v[2]);
  order(&v[2], &v[3]);
  order(&v[1], &v[2]);
  return v[2];
}
