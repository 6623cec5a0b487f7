/* SPDX-License-Identifier: Apache-2.0 */
/* Takes up to eight jobs out of a queue and does each by its kind. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct job {
  uint16_t kind;
  uint16_t channel;
  int32_t argument;
};

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 16);
  __type(value, struct job);
} jobs SEC(".maps");

SEC("sample/jobs")
int queue_drain(struct sample_ctx* ctx) {
  struct job fresh = {.kind = ctx->mode, .channel = (uint16_t)ctx->channel, .argument = ctx->value};
  bpf_map_push_elem(&jobs, &fresh, BPF_EXIST);
  int done = 0;
  for (int i = 0; i < 8; i++) {
    struct job job;
    if (bpf_map_pop_elem(&jobs, &job) != 0) break;
    switch (job.kind) {
      case 0:
        if (job.channel < 4 && job.argument >= 0 && job.argument <= 1000) pwm_set(job.channel, job.argument);
        break;
      case 1:
        done += sensor_read(job.channel & 3) > job.argument;
        break;
      case 2:
        done += gpio_get(job.channel & 31);
        break;
      default:
        continue;
    }
    done++;
  }
  return done;
}
