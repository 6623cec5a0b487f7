/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts eight converter readings on the stack and returns the mean of the middle four. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample")
int insertion_sort(struct sample_ctx* ctx) {
  struct burst burst;
  adc_burst(&burst);
  for (int i = 1; i < 8; i++) {
    uint16_t x = burst.of[i];
    int j = i;
    while (j > 0 && burst.of[j - 1] > x) {
      burst.of[j] = burst.of[j - 1];
      j--;
    }
    burst.of[j] = x;
  }
  return (burst.of[2] + burst.of[3] + burst.of[4] + burst.of[5]) / 4;
}
