// SPDX-License-Identifier: Apache-2.0
//
// UDP over IPv4: lwIP between the Ethernet driver and whoever takes datagrams. The address is fixed: QEMU's user
// network expects 10.0.2.15. Thread context.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace board {

struct Sender {
  uint32_t address;  // IPv4 as a number: 10.0.2.2 is 0x0a000202
  uint16_t port;
};

// Takes a datagram (4-aligned) and returns the length of what to send back, 0 for nothing; the answer is what `reply`
// then points to: the datagram itself, or memory that stays until the next call.
using DatagramHandler = size_t (*)(const Sender& sender, uint8_t* datagram, size_t size_bytes, const uint8_t*& reply);

bool network_init();
bool network_listen(uint16_t port, DatagramHandler handler);
// Sends a datagram from a port that is listened on. What lwIP has no memory for is lost, as on any network.
void network_send(uint16_t port, const Sender& to, const uint8_t* datagram, size_t size_bytes);
// Handles every frame that waits, and lwIP's timers.
void network_poll();

}  // namespace board
