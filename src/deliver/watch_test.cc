// SPDX-License-Identifier: Apache-2.0
//
// Observing over real UDP, with and without loss: our client, and Debian's coap-client-notls, against the board's own
// server code.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "deliver/board.h"
#include "deliver/udp_board.h"

namespace perdita::deliver {
namespace {

using namespace std::chrono_literals;
using control::FakeRing;
using control::FakeRuntime;
using ByteVector = std::vector<uint8_t>;
using Heard = Board::Heard;

struct WatchTest : testing::Test {
  WatchTest() {
    runtime.maps.push_back(control::ring_map("pack", "events", 1024));
    ring = runtime.maps[0].ring;
  }
  // Adds records numbered from `next` on, as many as there is room for, up to `end`.
  void produce(UdpBoard& udp, uint32_t& next, uint32_t end) {
    udp.change([&](FakeRuntime&) {
      while (next < end && ring->output(ByteVector{uint8_t(next), uint8_t(next >> 8)})) next++;
    });
  }
  size_t left(UdpBoard& udp) {
    size_t count = 0;
    udp.change([&](FakeRuntime&) { count = ring->records.size(); });
    return count;
  }

  FakeRuntime runtime;
  std::shared_ptr<FakeRing> ring;
};

TEST_F(WatchTest, RecordsOnceAndInOrderUnderLoss) {
  for (const unsigned lose_every : {0u, 3u}) {
    UdpBoard udp(runtime);
    udp.lose_every = lose_every;
    udp.clock_speed = 100;
    uint32_t next = 0;
    constexpr uint32_t kEnd = 400;
    uint32_t seen = 0;
    produce(udp, next, kEnd);
    const auto ended =
        Board(udp.address()).watch_records("pack", "events", {.limit = 60s}, [&](const RecordPage& page) {
          for (const Record& record : page.records) {
            EXPECT_EQ(record.bytes, (ByteVector{uint8_t(seen), uint8_t(seen >> 8)}));
            EXPECT_EQ(record.size_bytes, 2u);
            seen++;
          }
          produce(udp, next, kEnd);
          return seen == kEnd ? Heard::enough : Heard::go_on;
        });
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_TRUE(*ended);
    EXPECT_EQ(seen, kEnd);
  }
}

TEST_F(WatchTest, WhatIsRefusedStays) {
  UdpBoard udp(runtime);
  const Board board(udp.address());
  uint32_t next = 0;
  produce(udp, next, 5);
  const auto refuse = [](const RecordPage& page) { return page.records.empty() ? Heard::go_on : Heard::refuse; };
  ASSERT_TRUE(board.watch_records("pack", "events", {.limit = 20s}, refuse).value());
  EXPECT_EQ(left(udp), 5u);
  const auto records = board.records("pack", "events");
  ASSERT_TRUE(records);
  EXPECT_EQ(records->size(), 5u);
  const auto take = [](const RecordPage& page) { return page.records.empty() ? Heard::go_on : Heard::enough; };
  ASSERT_TRUE(board.watch_records("pack", "events", {.limit = 20s}, take).value());
  EXPECT_EQ(left(udp), 0u);
  // Deregistered: what comes now stays.
  produce(udp, next, 6);
  EXPECT_EQ(board.records("pack", "events")->size(), 1u);
}

TEST_F(WatchTest, EndsByItsLimitAndWhenStopped) {
  UdpBoard udp(runtime);
  const auto go_on = [](const RecordPage&) { return Heard::go_on; };
  const Board board(udp.address());
  EXPECT_FALSE(board.watch_records("pack", "events", {.limit = 200ms}, go_on).value());
  const std::atomic<bool> stop = true;
  EXPECT_FALSE(board.watch_records("pack", "events", {.limit = {}, .stop = &stop}, go_on).value());
}

// A clock that the test owns: it stands still until the answer to the registration, and then goes on by itself.
TEST_F(WatchTest, RegistersAgainAfterLongSilence) {
  const std::chrono::steady_clock::time_point start{};
  // Answers to registrations until the client ends, which it does at the latest `limit` after the start; after the
  // first the clock says `silence`, and at the thirtieth question from then on that the limit is over.
  const auto answers = [&](std::chrono::milliseconds silence, std::chrono::milliseconds limit) {
    UdpBoard udp(runtime);
    unsigned heard = 0;
    unsigned asked = 0;
    const auto now = [&] {
      if (heard == 0) return start;
      return start + (++asked < 30 ? silence : limit);
    };
    const auto listen = [&](const RecordPage& page) {
      EXPECT_TRUE(page.records.empty()) << "nothing but registrations is answered";
      return ++heard == 2 ? Heard::enough : Heard::go_on;
    };
    const auto ended =
        Board(udp.address()).watch_records("pack", "events", {.limit = limit, .stop = nullptr, .now = now}, listen);
    EXPECT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(ended && *ended, heard == 2);
    return heard;
  };
  EXPECT_EQ(answers(99'999ms, 99'999ms + 1ms), 1u);
  EXPECT_EQ(answers(100s, 1000s), 2u);
}

TEST_F(WatchTest, ABoardThatWentAwayIsNoticedByItsSilence) {
  auto udp = std::make_unique<UdpBoard>(runtime);
  const std::string address = udp->address();
  std::chrono::steady_clock::time_point time{};
  const auto now = [&] { return udp != nullptr ? time : time += 10s; };
  const auto ended = Board(address).watch_records("pack", "events", {.limit = {}, .stop = nullptr, .now = now},
                                                  [&](const RecordPage&) {
                                                    udp.reset();
                                                    return Heard::go_on;
                                                  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, "board-unreachable");
}

TEST_F(WatchTest, WhatCannotBeWatched) {
  UdpBoard udp(runtime);
  const auto go_on = [](const RecordPage&) { return Heard::go_on; };
  EXPECT_EQ(Board(udp.address()).watch_records("pack", "none", {.limit = 20s}, go_on).error().code, "board-has-none");
  udp.change([](FakeRuntime& board) { board.maps.push_back({control::map_info("pack", "table", 4, 4), {}}); });
  EXPECT_EQ(Board(udp.address()).watch_records("pack", "table", {.limit = 20s}, go_on).error().code,
            "board-observers-full");
  uint16_t port = 0;
  {
    UdpBoard gone(runtime);
    port = gone.port();
  }
  const Board nobody("coap://127.0.0.1:" + std::to_string(port), 500ms);
  EXPECT_EQ(nobody.watch_records("pack", "events", {}, go_on).error().code, "board-unreachable");
}

TEST_F(WatchTest, IsToldWhenThePackageGoes) {
  UdpBoard udp(runtime);
  const auto ended = Board(udp.address()).watch_records("pack", "events", {.limit = 20s}, [&](const RecordPage&) {
    udp.change([](FakeRuntime& board) {
      board.maps.clear();
      board.changes++;
    });
    return Heard::go_on;
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, "board-has-none");
}

// Somebody else's client: it prints each notification, acknowledges it, and deregisters at its end.
TEST_F(WatchTest, CoapClientOfDebianObserves) {
  if (std::system("command -v coap-client-notls >/dev/null") != 0) GTEST_SKIP() << "no coap-client-notls";
  UdpBoard udp(runtime);
  udp.change([&](FakeRuntime&) {
    for (const std::string text : {"first record", "second record"}) ring->output(ByteVector(text.begin(), text.end()));
  });
  const std::string command = "timeout 20 coap-client-notls -s 1 " + udp.address() + "/maps/pack/events";
  FILE* client = popen(command.c_str(), "r");
  ASSERT_NE(client, nullptr);
  std::string output;
  for (int c = 0; (c = std::fgetc(client)) != EOF;) output += char(c);
  EXPECT_EQ(pclose(client), 0);
  EXPECT_NE(output.find("first record"), std::string::npos) << output;
  EXPECT_NE(output.find("second record"), std::string::npos) << output;
  EXPECT_EQ(left(udp), 0u);
}

}  // namespace
}  // namespace perdita::deliver
