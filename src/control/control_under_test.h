// SPDX-License-Identifier: Apache-2.0
//
// The control plane as a test drives it: datagrams in, datagrams out, over a fake runtime. Only in tests.
#pragma once

#include <cstdint>
#include <vector>

#include "control/fake_runtime.h"
#include "perdita/control.h"

namespace perdita::control {

// A control plane over it, with memory of exactly the size asked for.
class ControlUnderTest {
 public:
  explicit ControlUnderTest(FakeRuntime& runtime, size_t package_bytes = 4096);
  // The reply to a datagram of the peer with that number; it must leave the rest of the buffer alone.
  ByteVector receive(const ByteVector& datagram, uint8_t peer = 1);
  // The next notification, and whose it is; empty where none is due.
  ByteVector poll(uint8_t& peer);
  perdita_control* handle() { return control_; }

 private:
  std::vector<uint64_t> memory_;
  perdita_control* control_ = nullptr;
};

}  // namespace perdita::control
