/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the accelerometer's vector into the machine's axes by a 3x3 matrix in Q14 from .data. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct matrix {
  int16_t m[3][3];
};

struct matrix mounting = {{{16384, 0, 0}, {0, 11585, -11585}, {0, 11585, 11585}}};

static void multiply(const struct matrix* a, const struct matrix* b, struct matrix* out) {
  for (int row = 0; row < 3; row++)
    for (int column = 0; column < 3; column++) {
      int32_t sum = 0;
      for (int k = 0; k < 3; k++) sum += a->m[row][k] * b->m[k][column];
      out->m[row][column] = sum >> 14;
    }
}

SEC("sample/tilt")
int rotate_vector(struct sample_ctx* ctx) {
  struct matrix quarter = {{{0, -16384, 0}, {16384, 0, 0}, {0, 0, 16384}}};
  struct matrix m = mounting;
  for (uint32_t turns = ctx->mode % 4; turns > 0; turns--) {
    struct matrix product;
    multiply(&m, &quarter, &product);
    m = product;
  }
  int32_t v[3];
  for (int i = 0; i < 3; i++) v[i] = (int16_t)ctx->raw[i];
  int32_t most = 0;
  for (int row = 0; row < 3; row++) {
    int32_t sum = 0;
    for (int k = 0; k < 3; k++) sum += (m.m[row][k] * v[k]) >> 14;
    if (sum < 0) sum = -sum;
    if (sum > most) most = sum;
  }
  return most;
}
