// SPDX-License-Identifier: Apache-2.0
#include "deliver/udp_board.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace perdita::deliver {

UdpBoard::UdpBoard(control::FakeRuntime& runtime, size_t package_bytes) : control_(runtime, package_bytes) {
  socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (socket_ < 0 || bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || pipe(stop_) != 0) {
    throw std::runtime_error("no UDP socket for the test");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

UdpBoard::~UdpBoard() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(socket_);
}

void UdpBoard::serve() {
  unsigned counter = 0;
  const auto lost = [&] {
    const unsigned every = lose_every;
    return every != 0 && ++counter % every == 0;
  };
  for (;;) {
    pollfd waits[] = {{socket_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 || waits[1].revents != 0) return;
    control::ByteVector datagram(2048);
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t received =
        recvfrom(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (received < 0 || lost()) continue;
    datagram.resize(size_t(received));
    // The low byte of the port tells the peers of one test apart.
    const control::ByteVector reply = control_.receive(datagram, uint8_t(ntohs(from.sin_port)));
    if (reply.empty() || lost()) continue;
    sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), from_size);
  }
}

}  // namespace perdita::deliver
