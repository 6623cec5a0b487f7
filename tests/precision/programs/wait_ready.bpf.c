/* SPDX-License-Identifier: Apache-2.0 */
/* Polls a pin up to 5000 times. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("sample/wait")
int wait_ready(struct sample_ctx* ctx) {
  uint32_t pin = ctx->channel & 31;
  uint32_t tries = 5000;
  while (tries > 0) {
    if (gpio_get(pin)) break;
    tries--;
  }
  if (tries == 0) return -1;
  return (int)(5000 - tries);
}
