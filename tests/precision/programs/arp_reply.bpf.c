/* SPDX-License-Identifier: Apache-2.0 */
/* Turns an ARP request for our address into the reply, in place. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct arp {
  uint16_t hardware;
  uint16_t protocol;
  uint8_t hardware_size;
  uint8_t protocol_size;
  uint16_t operation;
  uint8_t sender_mac[6];
  uint8_t sender_ip[4];
  uint8_t target_mac[6];
  uint8_t target_ip[4];
} __attribute__((packed));

struct ethernet {
  uint8_t to[6];
  uint8_t from[6];
  uint16_t type;
} __attribute__((packed));

static const uint8_t our_mac[6] = {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01};
static const uint8_t our_ip[4] = {192, 168, 7, 2};

SEC("frame/arp")
int arp_reply(struct frame_ctx* ctx) {
  struct ethernet* eth = (struct ethernet*)(unsigned long)ctx->data;
  struct arp* arp = (struct arp*)(eth + 1);
  void* end = (void*)(unsigned long)ctx->data_end;
  if ((void*)(arp + 1) > end || ctx->length < sizeof(*eth) + sizeof(*arp)) return NO_FRAME;
  if (eth->type != 0x0608 || arp->operation != 0x0100) return NO_FRAME;
  if (arp->hardware_size != sizeof(our_mac) || arp->protocol_size != sizeof(our_ip)) return NO_FRAME;
  for (int i = 0; i < 4; i++)
    if (arp->target_ip[i] != our_ip[i]) return NO_FRAME;
  for (int i = 0; i < 6; i++) {
    eth->to[i] = arp->target_mac[i] = arp->sender_mac[i];
    eth->from[i] = arp->sender_mac[i] = our_mac[i];
  }
  for (int i = 0; i < 4; i++) {
    arp->target_ip[i] = arp->sender_ip[i];
    arp->sender_ip[i] = our_ip[i];
  }
  arp->operation = 0x0200;
  return sizeof(*eth) + sizeof(*arp);
}
