/* SPDX-License-Identifier: Apache-2.0 */
/* Rotates three axes by a matrix in .rodata, and multiplies two matrices on the stack. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const int16_t rotation[3][3] = {{16384, 0, 0}, {0, 14189, -8192}, {0, 8192, 14189}};

SEC("sample")
int matrix(struct sample_ctx* ctx) {
  int32_t m[3][3], p[3][3];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) m[i][j] = ctx->raw[i * 3 + j] - 32768;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 3; i++) {
#pragma clang loop unroll(disable)
    for (int j = 0; j < 3; j++) {
      int64_t sum = 0;
#pragma clang loop unroll(disable)
      for (int k = 0; k < 3; k++) sum += (int64_t)rotation[i][k] * m[k][j];
      p[i][j] = (int32_t)(sum >> 14);
    }
  }
  return p[0][0] + p[1][1] + p[2][2];
}
