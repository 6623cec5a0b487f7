/* SPDX-License-Identifier: Apache-2.0 */
/* Two objects' addresses compared. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int pointers_compared(struct sensor_ctx* ctx) {
  volatile uint32_t local = 0;
  return (void*)ctx < (void*)&local;
}
