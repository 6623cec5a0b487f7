/* SPDX-License-Identifier: Apache-2.0 */
/* Running median of nine: a ring of values in a map, sorted on a copy. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define N 9

struct history {
  int16_t values[N];
  uint8_t next;
  uint8_t filled;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, FIELD_CHANNELS);
  __type(key, uint32_t);
  __type(value, struct history);
} histories SEC(".maps");

SEC("sample/median")
int running_median(struct sample_ctx* ctx) {
  uint32_t channel = ctx->channel;
  struct history* h = bpf_map_lookup_elem(&histories, &channel);
  if (!h) return -1;
  uint8_t next = h->next;
  if (next >= N) next = 0;
  h->values[next] = ctx->value;
  h->next = next + 1 == N ? 0 : next + 1;
  uint8_t filled = h->filled;
  if (filled < N) h->filled = ++filled;
  if (filled > N) filled = N;
  int16_t sorted[N];
  int n = 0;
  for (uint8_t i = 0; i < filled; i++) {
    int16_t v = h->values[i];
    int at = n++;
    while (at > 0 && sorted[at - 1] > v) {
      sorted[at] = sorted[at - 1];
      at--;
    }
    sorted[at] = v;
  }
  return sorted[n / 2];
}
