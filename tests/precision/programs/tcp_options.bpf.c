/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for the maximum segment size among a TCP header's options. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

SEC("packet/tcp")
int tcp_options(struct packet_ctx* ctx) {
  const uint8_t* tcp = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (tcp + 20 > end) return DROP;
  uint32_t header = (tcp[12] >> 4) * 4;
  if (header < 20 || tcp + header > end) return DROP;
  uint32_t at = 20;
  uint32_t mss = 536;
  while (at < header) {
    if (tcp + at + 1 > end) return DROP;
    uint8_t kind = tcp[at];
    if (kind == 0) break;
    if (kind == 1) {
      at++;
      continue;
    }
    if (tcp + at + 2 > end) return DROP;
    uint8_t length = tcp[at + 1];
    if (length < 2) return DROP;
    if (kind == 2 && length == 4) {
      if (tcp + at + 4 > end) return DROP;
      mss = tcp[at + 2] << 8 | tcp[at + 3];
    }
    at += length;
  }
  return mss < 88 ? DROP : PASS;
}
