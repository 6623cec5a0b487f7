// SPDX-License-Identifier: Apache-2.0
#include "control/control_under_test.h"

#include <gtest/gtest.h>

namespace perdita::control {

ControlUnderTest::ControlUnderTest(FakeRuntime& runtime, size_t package_bytes)
    : memory_((perdita_control_size(package_bytes) + 7) / 8) {
  const perdita_status status =
      perdita_control_init(&control_, memory_.data(), memory_.size() * 8, package_bytes, runtime.handle());
  EXPECT_EQ(status, perdita_status_ok);
}

ByteVector ControlUnderTest::receive(const ByteVector& datagram, uint8_t peer) {
  constexpr uint8_t kUntouched = 0xee;
  // Both on the heap and of their exact size, so that the sanitizer sees one byte too far.
  const ByteVector exact(datagram);
  ByteVector reply(PERDITA_COAP_DATAGRAM_BYTES, kUntouched);
  const perdita_peer from = {{peer}};
  const size_t size = perdita_control_receive(control_, &from, exact.data(), exact.size(), reply.data());
  EXPECT_LE(size, reply.size());
  reply.resize(size);
  return reply;
}

ByteVector ControlUnderTest::poll(uint8_t& peer) {
  ByteVector datagram(PERDITA_COAP_DATAGRAM_BYTES);
  perdita_peer to{};
  const size_t size = perdita_control_poll(control_, &to, datagram.data());
  EXPECT_LE(size, datagram.size());
  datagram.resize(size);
  peer = to.address[0];
  return datagram;
}

}  // namespace perdita::control
