/* SPDX-License-Identifier: Apache-2.0 */
/* A packet filter: UDP over IPv4, a list of rules with masked addresses and ranges of ports; the first that fits says
 * what becomes of the packet. */
#include "bench.h"

struct rule {
  uint32_t address, mask;
  uint16_t first_port, last_port;
  uint32_t verdict;
};

#define RULES 8
static const volatile struct rule rules[RULES] = {
    {0x0a010000, 0xffff0000, 0, 1023, 1},    {0x0a020000, 0xffff0000, 53, 53, 2},
    {0xc0a80000, 0xffff0000, 123, 123, 2},   {0xc0a80100, 0xffffff00, 5683, 5684, 3},
    {0xac100000, 0xfff00000, 0, 65535, 1},   {0x0a000000, 0xff000000, 7000, 7999, 1},
    {0x0a000000, 0xff000000, 5683, 5683, 4}, {0, 0, 0, 65535, 1},
};

static uint32_t passed, dropped;

SEC("packet") uint64_t packet_filter(struct packet_ctx* ctx) {
  const uint8_t* data = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (data + 28 > end) return 0;
  if (data[0] >> 4 != 4 || data[9] != 17) return 0;
  if ((data[0] & 15) != 5) return 0;
  uint32_t source = (uint32_t)data[12] << 24 | (uint32_t)data[13] << 16 | (uint32_t)data[14] << 8 | data[15];
  uint32_t port = (uint32_t)data[22] << 8 | data[23];
  ROLLED for (int i = 0; i < RULES; i++) {
    if ((source & rules[i].mask) != rules[i].address) continue;
    if (port < rules[i].first_port || port > rules[i].last_port) continue;
    uint32_t verdict = rules[i].verdict;
    if (verdict == 1) {
      dropped++;
    } else {
      passed++;
    }
    return verdict;
  }
  return 0;
}
