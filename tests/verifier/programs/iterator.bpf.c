/* SPDX-License-Identifier: Apache-2.0 */
/* reject unknown-function: open-coded iterators of Linux are refused by name. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

struct bpf_iter_num {
  unsigned long long opaque;
};
extern int* bpf_iter_num_next(struct bpf_iter_num* iterator) __ksym;

SEC("sensor")
int iterator(struct sensor_ctx* ctx) {
  struct bpf_iter_num numbers = {ctx->channel};
  int* number = bpf_iter_num_next(&numbers); /* here */
  return number ? 1 : 0;
}
