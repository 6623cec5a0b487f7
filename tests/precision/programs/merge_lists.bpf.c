/* SPDX-License-Identifier: Apache-2.0 */
/* Merges the two sorted halves of the raw inputs and gives the median of all. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define HALF (FIELD_RAW / 2)

SEC("sample/merge")
int merge_lists(struct sample_ctx* ctx) {
  uint16_t left[HALF], right[HALF], all[FIELD_RAW];
  for (int i = 0; i < HALF; i++) {
    left[i] = ctx->raw[i];
    right[i] = ctx->raw[HALF + i];
  }
  /* Each half should come in order: sees to it. */
  for (int i = 1; i < HALF; i++) {
    if (left[i] < left[i - 1]) left[i] = left[i - 1];
    if (right[i] < right[i - 1]) right[i] = right[i - 1];
  }
  unsigned a = 0, b = 0, n = 0;
  while (a < HALF && b < HALF) all[n++] = left[a] <= right[b] ? left[a++] : right[b++];
  while (a < HALF) all[n++] = left[a++];
  while (b < HALF) all[n++] = right[b++];
  return (all[HALF - 1] + all[HALF]) / 2;
}
