/* SPDX-License-Identifier: Apache-2.0 */
/* Fibonacci numbers modulo m: an addition and a division of 64 bits in every step. */
#include "bench.h"

SEC("fib") uint64_t fibmod(struct fib_ctx* c) {
  uint64_t a = 0, b = 1, m = c->mod;
  uint32_t n = c->n;
  if (!m) return 0;
  ROLLED for (uint32_t i = 0; i < 300; i++) {
    if (i >= n) break;
    uint64_t t = (a + b) % m;
    a = b;
    b = t;
  }
  return (uint32_t)a;
}
