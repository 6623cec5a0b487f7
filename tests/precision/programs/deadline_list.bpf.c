/* SPDX-License-Identifier: Apache-2.0 */
/* A list of jobs sorted by deadline, linked by index in .data: runs those that are due, and puts in one more. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define JOBS 8
#define NONE 0xff

struct job {
  uint64_t due_ns;
  uint8_t next;
  uint8_t duty;
};

struct job jobs[JOBS] = {{.next = 1}, {.next = 2}, {.next = 3}, {.next = 4},
                         {.next = 5}, {.next = 6}, {.next = 7}, {.next = NONE}};
uint8_t first = NONE, unused = 0;

SEC("sample/jobs")
int deadline_list(struct sample_ctx* ctx) {
  uint8_t at;
  int ran = 0;
  while (ran < JOBS && (at = first) < JOBS && jobs[at].due_ns <= ctx->time_ns) {
    first = jobs[at].next;
    jobs[at].next = unused;
    unused = at;
    pwm_set(0, jobs[at].duty * 3);
    ran++;
  }
  uint8_t fresh = unused;
  if (fresh >= JOBS) return ran;
  uint64_t due = ctx->time_ns + ctx->raw[0] * 1000000ull;
  unused = jobs[fresh].next;
  jobs[fresh].due_ns = due;
  jobs[fresh].duty = ctx->raw[1] >> 8;
  uint8_t before = NONE;
  at = first;
  for (int i = 0; i < JOBS && at < JOBS && jobs[at].due_ns <= due; i++) {
    before = at;
    at = jobs[at].next;
  }
  jobs[fresh].next = at;
  if (before == NONE)
    first = fresh;
  else
    jobs[before].next = fresh;
  return ran;
}
