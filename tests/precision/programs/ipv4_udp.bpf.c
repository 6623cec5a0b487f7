/* SPDX-License-Identifier: Apache-2.0 */
/* Parses IPv4 with options, then UDP, and checks the lengths against each other. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#include <bpf/bpf_endian.h>

struct ipv4 {
  uint8_t version_ihl;
  uint8_t tos;
  uint16_t total;
  uint16_t id;
  uint16_t fragment;
  uint8_t ttl;
  uint8_t protocol;
  uint16_t checksum;
  uint32_t source;
  uint32_t destination;
};

struct udp {
  uint16_t source;
  uint16_t destination;
  uint16_t length;
  uint16_t checksum;
};

SEC("packet/ip")
int ipv4_udp(struct packet_ctx* ctx) {
  void* data = (void*)(unsigned long)ctx->data;
  void* end = (void*)(unsigned long)ctx->data_end;
  struct ipv4* ip = data;
  if ((void*)(ip + 1) > end) return DROP;
  if (ip->version_ihl >> 4 != 4) return PASS;
  uint32_t header = (ip->version_ihl & 15) * 4;
  if (header < sizeof *ip) return DROP;
  if (data + header > end) return DROP;
  if (ip->protocol != 17) return PASS;
  if (ip->fragment & bpf_htons(0x1fff)) return PASS;
  struct udp* udp = data + header;
  if ((void*)(udp + 1) > end) return DROP;
  uint16_t length = bpf_ntohs(udp->length);
  if (length < sizeof *udp || header + length > bpf_ntohs(ip->total)) return DROP;
  if (udp->destination == bpf_htons(5683)) {
    uint8_t* payload = (uint8_t*)(udp + 1);
    if (payload + 4 > (uint8_t*)end) return DROP;
    return payload[0] >> 6 == 1 ? MARK : DROP;
  }
  return PASS;
}
