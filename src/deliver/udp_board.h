// SPDX-License-Identifier: Apache-2.0
//
// The board's control plane on a UDP socket of this machine, over a fake runtime: what the CoAP client, and other
// people's, are tested against. Only in tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "control/control_under_test.h"

namespace perdita::deliver {

class UdpBoard {
 public:
  // Serves until destroyed. The runtime belongs to the serving thread; a test fills it before and reads it after.
  explicit UdpBoard(control::FakeRuntime& runtime, size_t package_bytes = 8192);
  ~UdpBoard();
  UdpBoard(const UdpBoard&) = delete;
  UdpBoard& operator=(const UdpBoard&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "coap://127.0.0.1:" + std::to_string(port_); }
  // Every n-th datagram, and every n-th reply, is lost; 0: none.
  std::atomic<unsigned> lose_every{0};

 private:
  void serve();

  control::ControlUnderTest control_;
  int socket_ = -1;
  int stop_[2] = {-1, -1};  // a pipe: closed to stop
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace perdita::deliver
