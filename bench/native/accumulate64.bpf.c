/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of 64 bits over a series of readings: sum, sum of squares, a weighted one, and the largest step. */
#include "bench.h"

static struct {
  int64_t sum, squares, weighted;
  uint64_t count;
  int64_t largest;
} totals;

SEC("sample") uint64_t accumulate64(struct sample_ctx* ctx) {
  uint32_t count = ctx->count;
  if (count > BENCH_SAMPLES) return 0;
  int64_t sum = totals.sum, squares = totals.squares, weighted = totals.weighted, largest = totals.largest;
  ROLLED for (uint32_t i = 0; i < count; i++) {
    int64_t value = ctx->values[i];
    sum += value;
    squares += value * value;
    weighted += sum >> 3;
    if (squares > largest) largest = squares;
  }
  totals.sum = sum;
  totals.squares = squares;
  totals.weighted = weighted;
  totals.largest = largest;
  totals.count += count;
  return (uint32_t)((uint64_t)(sum ^ squares ^ weighted) >> 7);
}
