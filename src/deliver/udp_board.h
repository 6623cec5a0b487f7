// SPDX-License-Identifier: Apache-2.0
//
// The board's control plane on a UDP socket of this machine, over a fake runtime: what the CoAP client, and other
// people's, are tested against. Only in tests.
#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "control/control_under_test.h"

namespace perdita::deliver {

class UdpBoard {
 public:
  // Serves until destroyed. The runtime belongs to the serving thread; a test fills it before and reads it after, and
  // changes it by change().
  explicit UdpBoard(control::FakeRuntime& runtime, size_t package_bytes = 8192);
  ~UdpBoard();
  UdpBoard(const UdpBoard&) = delete;
  UdpBoard& operator=(const UdpBoard&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "coap://127.0.0.1:" + std::to_string(port_); }
  // Every n-th datagram, and every n-th reply, is lost; 0: none.
  std::atomic<unsigned> lose_every{0};
  // How many times faster than time the board's clock goes; 0: it stands.
  std::atomic<unsigned> clock_speed{0};
  // Changes the runtime while the board serves.
  void change(const std::function<void(control::FakeRuntime&)>& change);

 private:
  void serve();
  bool lost();

  void notify();

  std::mutex mutex_;  // held by whoever looks at the runtime
  control::FakeRuntime& runtime_;
  std::map<uint8_t, sockaddr_in> peers_;
  control::ControlUnderTest control_;
  int socket_ = -1;
  int stop_[2] = {-1, -1};  // a pipe: closed to stop
  uint16_t port_ = 0;
  unsigned counter_ = 0;  // of datagrams
  std::thread thread_;
};

}  // namespace perdita::deliver
