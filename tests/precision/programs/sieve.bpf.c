/* SPDX-License-Identifier: Apache-2.0 */
/* Primes below 512 by a sieve in .bss. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define N 512

uint8_t composite[N];

SEC("sample")
int sieve(struct sample_ctx* ctx) {
  for (int i = 0; i < N; i++) composite[i] = 0;
  int primes = 0;
  for (int i = 2; i < N; i++) {
    if (composite[i]) continue;
    primes++;
    for (int j = i * i; j < N; j += i) composite[j] = 1;
  }
  return primes + (int)(ctx->count & 1);
}
