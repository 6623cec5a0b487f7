// SPDX-License-Identifier: Apache-2.0
//
// Random datagrams, seeded: mutations of real requests and plain noise, with observers present. Under the sanitizers
// this is where a byte read too far shows; here, that replies and notifications are well-formed, only POSTs to
// /packages deliver, and the server still answers.
#include <gtest/gtest.h>

#include <random>

#include "control/coap_peer.h"
#include "control/control_under_test.h"

namespace perdita::control {
namespace {

constexpr int kDatagrams = 250'000;

std::vector<ByteVector> seeds() {
  std::vector<ByteVector> out;
  for (const char* path : {"device", "hooks", "progs", "packages", "packages/counter", "maps", "maps/counter/big",
                           "log", ".well-known/core"}) {
    out.push_back(TestRequest{}.path(path).bytes());
    out.push_back(TestRequest{}.path(path).block(23, 1, false, 1).bytes());
    out.push_back(TestRequest{}.path(path).query("from=3").block(23, 0, false, 0).bytes());
  }
  for (const char* path : {"maps/counter/ring", "log"}) {
    for (const uint8_t observe : {0, 0, 1}) {
      TestRequest request;
      out.push_back(request.option(6, ByteVector(observe, 1)).path(path).bytes());
    }
  }
  for (uint32_t number = 0; number < 3; number++) {
    TestRequest request;
    request.code = 2;
    request.path("packages").option(12, {60}).block(27, number, number < 2, 1);
    request.payload.assign(32, uint8_t(number));
    out.push_back(request.bytes());
  }
  return out;
}

TEST(RandomDatagram, NeverConfusesTheServer) {
  FakeRuntime runtime;
  FakeMap map{map_info("counter", "big", 4, 30), {}};
  map.info.max_entries = 60;
  for (uint32_t i = 0; i < 60; i++) map.entries.emplace_back(ByteVector(4, uint8_t(i)), ByteVector(30, uint8_t(i)));
  runtime.maps.push_back(map);
  runtime.maps.push_back(ring_map("counter", "ring", 2048));
  FakeRing& ring = *runtime.maps.back().ring;
  ControlUnderTest control(runtime, 1024);
  const std::vector<ByteVector> originals = seeds();
  std::mt19937 random(20261122);
  const auto below = [&](size_t limit) { return size_t(random() % limit); };
  size_t answered = 0;
  size_t notified = 0;
  for (int i = 0; i < kDatagrams; i++) {
    ByteVector datagram;
    if (below(8) == 0) {
      datagram.resize(below(80));
      for (uint8_t& byte : datagram) byte = uint8_t(random());
      if (!datagram.empty() && below(2) == 0) datagram[0] = uint8_t(0x40 | (datagram[0] & 0x3f));
    } else {
      datagram = originals[below(originals.size())];
      for (size_t change = below(4); change > 0 && !datagram.empty(); change--) {
        const size_t at = below(datagram.size());
        switch (below(4)) {
          case 0:
            datagram[at] = uint8_t(datagram[at] ^ 1u << below(8));
            break;
          case 1:
            datagram[at] = uint8_t(random());
            break;
          case 2:
            datagram.resize(at);
            break;
          default:
            datagram.insert(datagram.begin() + long(at), uint8_t(random()));
        }
      }
    }
    runtime.now_ns += below(2'000'000'000);
    if (below(4) == 0) ring.output(ByteVector(below(300), uint8_t(i)), below(2) == 0);
    if (below(1000) == 0) runtime.changes++;
    uint8_t to = 0;
    const ByteVector notification = control.poll(to);
    if (!notification.empty()) {
      notified++;
      ASSERT_NO_THROW(TestReply{notification}) << "datagram " << i;
      ASSERT_EQ(runtime.locks, 0);
      // Most are answered, by whom they were for or by somebody else.
      const uint8_t type = below(8) == 0 ? 0x70 : 0x60;
      const uint8_t peer = below(8) == 0 ? uint8_t(below(3)) : to;
      if (below(4) != 0) control.receive({type, 0, notification[2], notification[3]}, peer);
    }
    const ByteVector reply = control.receive(datagram, uint8_t(below(3)));
    if (reply.empty()) continue;
    answered++;
    ASSERT_NO_THROW(TestReply{reply}) << "datagram " << i;
    ASSERT_EQ(runtime.locks, 0);
  }
  EXPECT_GT(answered, size_t{kDatagrams} / 4);
  EXPECT_GT(notified, size_t{kDatagrams} / 50);
  for (const ByteVector& package : runtime.delivered) ASSERT_LE(package.size(), 1024u);
  const TestReply reply(control.receive(TestRequest{}.path("device").bytes(), 9));
  EXPECT_EQ(reply.code_text(), "2.05");
}

}  // namespace
}  // namespace perdita::control
