// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include "clock.h"
#include "console.h"
#include "ethernet.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"
#include "random.h"

namespace board {
namespace {

constexpr uint16_t kMtu = 1500;

netif interface;

err_t send_frame(netif*, pbuf* frame) {
  if (!ethernet_begin(frame->tot_len - size_t{ETH_PAD_SIZE})) return ERR_BUF;
  // The padding before the header is not part of the frame.
  size_t skip = ETH_PAD_SIZE;
  for (const pbuf* part = frame; part != nullptr; part = part->next) {
    const auto* bytes = static_cast<const uint8_t*>(part->payload);
    const size_t skipped = skip < part->len ? skip : part->len;
    ethernet_add(bytes + skipped, part->len - skipped);
    skip -= skipped;
  }
  ethernet_end();
  return ERR_OK;
}

err_t init_interface(netif* created) {
  created->name[0] = 'e';
  created->name[1] = '0';
  created->mtu = kMtu;
  created->hwaddr_len = 6;
  created->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  created->output = etharp_output;
  created->linkoutput = send_frame;
  return ethernet_init(created->hwaddr) ? ERR_OK : ERR_IF;
}

// Takes one waiting frame to lwIP; without a buffer for it, it is lost, as on any busy network.
void take_frame(size_t size_bytes) {
  const size_t padded = size_bytes + ETH_PAD_SIZE;
  pbuf* frame = padded <= PBUF_POOL_BUFSIZE ? pbuf_alloc(PBUF_RAW, u16_t(padded), PBUF_POOL) : nullptr;
  if (frame == nullptr) {
    ethernet_read(nullptr, size_bytes);
    return;
  }
  ethernet_read(static_cast<uint8_t*>(frame->payload) + ETH_PAD_SIZE, size_bytes);
  if (interface.input(frame, &interface) != ERR_OK) pbuf_free(frame);
}

void send(udp_pcb* socket, const uint8_t* datagram, size_t size, const ip_addr_t* address, u16_t port) {
  pbuf* out = pbuf_alloc(PBUF_TRANSPORT, u16_t(size), PBUF_POOL);
  if (out == nullptr) return;
  pbuf_take(out, datagram, u16_t(size));
  udp_sendto(socket, out, address, port);
  pbuf_free(out);
}

void answer(udp_pcb* socket, pbuf* datagram, const ip_addr_t* address, u16_t port, DatagramHandler handler) {
  const Sender sender = {lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(address))), port};
  auto* bytes = static_cast<uint8_t*>(datagram->payload);
  const uint8_t* reply = nullptr;
  const size_t size = handler(sender, bytes, datagram->len, reply);
  if (size == 0) return;
  if (reply == bytes) {
    udp_sendto(socket, datagram, address, port);
    return;
  }
  send(socket, reply, size, address, port);
}

void receive(void* handler, udp_pcb* socket, pbuf* datagram, const ip_addr_t* address, u16_t port) {
  // Frames come in one piece (PBUF_POOL_BUFSIZE), headers are multiples of four bytes (ETH_PAD_SIZE); what is not so is
  // not passed on, because handlers rely on both.
  const bool aligned = (reinterpret_cast<uintptr_t>(datagram->payload) & 3) == 0;
  if (datagram->next == nullptr && aligned) {
    answer(socket, datagram, address, port, reinterpret_cast<DatagramHandler>(handler));
  }
  pbuf_free(datagram);
}

}  // namespace

bool network_init() {
  ip4_addr_t address;
  ip4_addr_t mask;
  ip4_addr_t gateway;
  IP4_ADDR(&address, 10, 0, 2, 15);
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 10, 0, 2, 2);
  lwip_init();
  if (netif_add(&interface, &address, &mask, &gateway, nullptr, init_interface, ethernet_input) == nullptr)
    return false;
  netif_set_default(&interface);
  netif_set_up(&interface);
  ethernet_arm_interrupt();
  return true;
}

bool network_listen(uint16_t port, DatagramHandler handler) {
  udp_pcb* socket = udp_new();
  if (socket == nullptr || udp_bind(socket, IP_ADDR_ANY, port) != ERR_OK) return false;
  udp_recv(socket, receive, reinterpret_cast<void*>(handler));
  return true;
}

void network_send(uint16_t port, const Sender& to, const uint8_t* datagram, size_t size_bytes) {
  ip_addr_t address;
  ip_addr_set_ip4_u32(&address, lwip_htonl(to.address));
  for (udp_pcb* socket = udp_pcbs; socket != nullptr; socket = socket->next) {
    if (socket->local_port == port) return send(socket, datagram, size_bytes, &address, to.port);
  }
}

void network_poll() {
  for (size_t size = ethernet_next(); size != 0; size = ethernet_next()) take_frame(size);
  ethernet_arm_interrupt();
  sys_check_timeouts();
}

}  // namespace board

// ---- what lwIP calls ----

extern "C" u32_t sys_now() { return u32_t(board::clock_ns() / 1'000'000); }

extern "C" uint32_t lwip_random() { return board::random_number(); }

extern "C" void lwip_assertion(const char* message) {
  board::print("perdita: lwIP: ");
  board::print(message);
  board::print("\n");
  __builtin_trap();
}
