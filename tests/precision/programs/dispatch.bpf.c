/* SPDX-License-Identifier: Apache-2.0 */
/* A dense switch over a packet's opcode that the compiler turns into a chain or a table. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint32_t opcodes[12];

static __noinline int checked(uint32_t opcode, uint32_t argument) {
  switch (opcode) {
    case 0:
      return argument < 10;
    case 1:
      return argument % 3 == 0;
    case 2:
      return (argument & 0xf0) == 0x40;
    case 3:
    case 4:
      return argument > 128;
    case 5:
      return argument >> 4 == (argument & 15);
    case 6:
      return gpio_get(argument & 31);
    case 7:
      return argument == 77;
    case 8:
      return (int8_t)argument < 0;
    case 9:
      return argument * argument > 1000;
    case 10:
      return 1;
    default:
      return 0;
  }
}

SEC("packet/op")
int dispatch(struct packet_ctx* ctx) {
  const uint8_t* p = (const uint8_t*)(unsigned long)ctx->data;
  const uint8_t* end = (const uint8_t*)(unsigned long)ctx->data_end;
  if (end - p < 2) return DROP;
  uint8_t opcode = p[0];
  if (opcode >= 12) return DROP;
  opcodes[opcode]++;
  return checked(opcode, p[1]) ? MARK : PASS;
}
