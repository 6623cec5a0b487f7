/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through the topic filters of an MQTT SUBSCRIBE and refuses those with more than four levels. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define LEVELS 4

uint32_t subscriptions[3]; /* by quality of service */

SEC("packet/mqtt")
int mqtt_subscribe(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (p + 4 > end) return DROP;
  if (p[0] != 0x82) return PASS;
  if (p[1] & 0x80) return DROP; /* longer than we take */
  const uint8_t* stop = p + 2 + p[1];
  if (stop > end) return DROP;
  p += 4; /* and the packet's identifier */
  while (p + 2 <= stop) {
    uint16_t length = p[0] << 8 | p[1];
    p += 2;
    if (length == 0 || p + length + 1 > stop) return DROP;
    int levels = 1;
    for (uint16_t i = 0; i < length; i++) {
      if (p[i] == '/') levels++;
      if (p[i] == '#' && i + 1 != length) return DROP;
    }
    if (levels > LEVELS) return REPLY;
    uint8_t qos = p[length];
    if (qos > 2) return DROP;
    subscriptions[qos]++;
    p += length + 1;
  }
  return PASS;
}
