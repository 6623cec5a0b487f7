/* SPDX-License-Identifier: Apache-2.0 */
/* Sieve of Eratosthenes: loads, stores, branches. Volatile, so that both compilers make the same accesses. */
#include "bench.h"

SEC("bytes") uint64_t sieve(struct sieve_ctx* c) {
  uint32_t n = c->n, count = 0;
  if (n > 1024) return 0;
  volatile uint8_t* f = c->comp;
  for (uint32_t i = 0; i < n; i++) f[i] = 0;
  for (uint32_t i = 2; i < n; i++) {
    if (f[i]) continue;
    count++;
    for (uint32_t j = i * i; j < n; j += i) f[j] = 1;
  }
  return count;
}
