/* SPDX-License-Identifier: Apache-2.0 */
/* accept: bpf_printk with none to six values: trace_printk up to three, trace_vprintk beyond. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

SEC("sensor")
int print(struct sensor_ctx* ctx) {
  int32_t v = ctx->value;
  uint32_t c = ctx->channel;
  bpf_printk("nothing");
  bpf_printk("%d", v);
  bpf_printk("%d %u", v, c);
  bpf_printk("%d %u %x", v, c, v);
  bpf_printk("%d %u %x %d", v, c, v, 4);
  bpf_printk("%d %u %x %d %llu", v, c, v, 4, bpf_ktime_get_ns());
  bpf_printk("%d %u %x %d %llu %d", v, c, v, 4, bpf_ktime_get_ns(), 6);
  return 0;
}
