// SPDX-License-Identifier: Apache-2.0
#include "deliver/udp_board.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace perdita::deliver {

UdpBoard::UdpBoard(control::FakeRuntime& runtime, size_t package_bytes)
    : runtime_(runtime), control_(runtime, package_bytes) {
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

bool UdpBoard::lost() {
  const unsigned every = lose_every;
  return every != 0 && ++counter_ % every == 0;
}

void UdpBoard::change(const std::function<void(control::FakeRuntime&)>& change) {
  const std::lock_guard lock(mutex_);
  change(runtime_);
}

void UdpBoard::notify() {
  uint8_t peer = 0;
  for (control::ByteVector datagram; !(datagram = control_.poll(peer)).empty();) {
    if (lost()) continue;
    const sockaddr_in& to = peers_.at(peer);
    sendto(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
}

void UdpBoard::serve() {
  constexpr int kPollMs = 2;
  auto before = std::chrono::steady_clock::now();
  for (;;) {
    pollfd waits[] = {{socket_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    const int ready = poll(waits, 2, kPollMs);
    if (ready < 0 || waits[1].revents != 0) return;
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    runtime_.now_ns += uint64_t(std::chrono::nanoseconds(now - before).count()) * clock_speed;
    before = now;
    notify();
    if (ready == 0) continue;
    control::ByteVector datagram(2048);
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t received =
        recvfrom(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (received < 0 || lost()) continue;
    datagram.resize(size_t(received));
    // The low byte of the port tells the peers of one test apart.
    const uint8_t peer = uint8_t(ntohs(from.sin_port));
    peers_[peer] = from;
    const control::ByteVector reply = control_.receive(datagram, peer);
    if (reply.empty() || lost()) continue;
    sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), from_size);
  }
}

}  // namespace perdita::deliver
