// SPDX-License-Identifier: Apache-2.0
#include "runtime/ring_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>

#include "runtime/fake_port.h"
#include "runtime/helper_calls.h"
#include "runtime/owned_map.h"
#include "runtime/reservation.h"

namespace perdita::runtime {
namespace {

using Bytestring = std::vector<uint8_t>;

isa::MapDef ring_of(uint32_t bytes) { return {isa::MapType::ring_buffer, 0, 0, bytes, 0}; }

bool take(Map& map, const FakePort& port, Bytestring& record) {
  uint32_t cursor = 0;
  RingRecord found{};
  const bool exists = ring_next(map, cursor, found);
  if (exists) record.assign(found.data, found.data + found.size_bytes);
  ring_take(map, port.port, cursor);
  return exists;
}

TEST(RingBuffer, RandomRecordsComeOutInOrder) {
  for (const uint32_t bytes : {16u, 32u, 64u, 256u, 1024u}) {
    OwnedMap owned(ring_of(bytes));
    FakePort port;
    std::deque<Bytestring> model;
    std::mt19937 random(bytes);
    uint32_t refused = 0;
    for (int step = 0; step < 20000; step++) {
      if (random() % 2 == 0) {
        Bytestring record(random() % (bytes / 2));
        for (uint8_t& byte : record) byte = static_cast<uint8_t>(random());
        const uint32_t used = owned.map.entries;
        uint8_t* sample = ring_reserve(owned.map, port.port, record.size());
        if (sample == nullptr) {
          refused++;
          // There was no room: what is used, the record and at most one more of filling exceed the buffer.
          ASSERT_GT(used + 2 * (record.size() + 16), bytes);
          continue;
        }
        ASSERT_TRUE(owned.contains(sample, record.size()));
        ASSERT_EQ(reinterpret_cast<uintptr_t>(sample) % 8, 0u);
        std::copy(record.begin(), record.end(), sample);
        const bool discard = random() % 8 == 0;
        ring_submit(owned.map, sample, discard, 0);
        if (!discard) model.push_back(record);
      } else {
        Bytestring record;
        const bool exists = take(owned.map, port, record);
        ASSERT_EQ(exists, !model.empty());
        if (!exists) continue;
        ASSERT_EQ(record, model.front());
        model.pop_front();
      }
      ASSERT_LE(owned.map.entries, bytes);
    }
    EXPECT_EQ(owned.map.ring.lost, refused);
    EXPECT_GT(refused, 0u);
    EXPECT_EQ(port.depth, 0u);
  }
}

// Whatever the position, an empty buffer takes the largest record.
TEST(RingBuffer, EmptyTakesTheLargest) {
  for (uint32_t before = 0; before < 16; before++) {
    OwnedMap owned(ring_of(64));
    FakePort port;
    Bytestring record;
    for (uint32_t i = 0; i < before; i++) {
      ASSERT_EQ(ring_output(owned.map, port.port, "x", 1, 0), 0);
      ASSERT_TRUE(take(owned.map, port, record));
    }
    EXPECT_EQ(ring_reserve(owned.map, port.port, 57), nullptr);
    EXPECT_EQ(ring_reserve(owned.map, port.port, UINT64_MAX), nullptr);
    EXPECT_NE(ring_reserve(owned.map, port.port, 56), nullptr);
    EXPECT_EQ(ring_reserve(owned.map, port.port, 0), nullptr);
  }
}

TEST(RingBuffer, PositionsWrapAtTwoToThe32) {
  OwnedMap owned(ring_of(64));
  FakePort port;
  owned.map.ring.producer = owned.map.ring.consumer = UINT32_MAX - 63;
  Bytestring record;
  for (uint8_t i = 0; i < 40; i++) {
    ASSERT_EQ(ring_output(owned.map, port.port, &i, 1, 0), 0);
    ASSERT_EQ(ring_output(owned.map, port.port, &i, 1, 0), 0);
    ASSERT_TRUE(take(owned.map, port, record));
    ASSERT_EQ(record, Bytestring{i});
    ASSERT_TRUE(take(owned.map, port, record));
  }
  EXPECT_LT(owned.map.ring.producer, 10000u);
}

TEST(RingBuffer, AnOpenReservationHoldsBackWhatFollows) {
  OwnedMap owned(ring_of(64));
  FakePort port;
  uint8_t* open = ring_reserve(owned.map, port.port, 4);
  ASSERT_EQ(ring_output(owned.map, port.port, "late", 4, 0), 0);
  Bytestring record;
  EXPECT_FALSE(take(owned.map, port, record));
  memcpy(open, "soon", 4);
  ring_submit(owned.map, open, false, 0);
  ASSERT_TRUE(take(owned.map, port, record));
  EXPECT_EQ(record, (Bytestring{'s', 'o', 'o', 'n'}));
  ASSERT_TRUE(take(owned.map, port, record));
  EXPECT_EQ(record, (Bytestring{'l', 'a', 't', 'e'}));
}

TEST(RingBuffer, QueriesAndFlags) {
  OwnedMap owned(ring_of(128));
  FakePort port;
  EXPECT_EQ(ring_output(owned.map, port.port, "x", 1, 4), kErrorInvalid);
  EXPECT_EQ(owned.map.ring.wakeup, 0u);
  EXPECT_EQ(ring_output(owned.map, port.port, "x", 1, kRingNoWakeup), 0);
  EXPECT_EQ(owned.map.ring.wakeup, 0u);
  EXPECT_EQ(ring_output(owned.map, port.port, "x", 1, kRingForceWakeup), 0);
  EXPECT_EQ(owned.map.ring.wakeup, 1u);
  Bytestring record;
  ASSERT_TRUE(take(owned.map, port, record));
  const uint64_t expected[] = {16, 128, 16, 32, 0, 0};
  for (uint64_t what = 0; what < 6; what++) EXPECT_EQ(ring_query(owned.map, what), expected[what]);
  EXPECT_EQ(ring_query(owned.map, UINT64_MAX), 0u);
}

// Any cursor, as a stranger may ask for it.
TEST(RingBuffer, AnyCursorIsSafe) {
  OwnedMap owned(ring_of(256));
  FakePort port;
  for (uint8_t i = 0; i < 9; i++) ASSERT_EQ(ring_output(owned.map, port.port, "0123456789", i, 0), 0);
  for (uint32_t start = 0; start < 300; start++) {
    uint32_t cursor = start;
    RingRecord record{};
    uint32_t count = 0;
    while (ring_next(owned.map, cursor, record)) {
      ASSERT_TRUE(owned.contains(record.data, record.size_bytes));
      ASSERT_EQ(memcmp(record.data, "0123456789", record.size_bytes), 0);
      count++;
    }
    ASSERT_EQ(count == 0, start > 120) << start;
  }
}

// ---- as programs see it ----

class RingHelpers : public testing::Test {
 protected:
  uint64_t call(uint32_t number, std::array<uint64_t, 5> args) {
    Invocation invocation{};
    invocation.port = &port.port;
    invocation.activity = &activity;
    return helper_call(number)(&invocation, args.data());
  }
  uint64_t handle() { return reinterpret_cast<uintptr_t>(&owned.map); }

  OwnedMap owned{ring_of(1024)};
  FakePort port;
  Activity activity{};
};

TEST_F(RingHelpers, ReservationsAreNotedAndReleased) {
  const uint64_t sample = call(131, {handle(), 8, 0});
  ASSERT_NE(sample, 0u);
  EXPECT_EQ(activity.reservation_count, 1u);
  EXPECT_EQ(activity.reservations[0].size_bytes, 8u);
  call(132, {sample + 8, 0});  // not what was reserved
  EXPECT_EQ(activity.reservation_count, 1u);
  call(132, {sample, 0});
  EXPECT_EQ(activity.reservation_count, 0u);
  call(132, {sample, 0});  // a second time changes nothing
  const uint64_t second = call(131, {handle(), 8, 0});
  call(133, {second, 0});
  EXPECT_EQ(activity.reservation_count, 0u);
  uint32_t cursor = 0;
  RingRecord record{};
  EXPECT_TRUE(ring_next(owned.map, cursor, record));
  EXPECT_FALSE(ring_next(owned.map, cursor, record));
}

TEST_F(RingHelpers, AtMostEightAtATimeAndNoneOutlivesTheProgram) {
  EXPECT_EQ(call(131, {handle(), 8, 1}), 0u) << "no flags exist";
  for (uint32_t i = 0; i < isa::kMaxReservations; i++) EXPECT_NE(call(131, {handle(), 8, 0}), 0u);
  EXPECT_EQ(call(131, {handle(), 8, 0}), 0u);
  EXPECT_EQ(owned.map.ring.lost, 0u);
  release_reservations(activity);
  EXPECT_EQ(activity.reservation_count, 0u);
  Bytestring record;
  EXPECT_FALSE(take(owned.map, port, record)) << "all of them are discarded";
  EXPECT_EQ(owned.map.entries, 0u);
}

TEST_F(RingHelpers, OutputAndQuery) {
  const char text[] = "abc";
  EXPECT_EQ(call(130, {handle(), reinterpret_cast<uintptr_t>(text), 3, 0}), 0u);
  EXPECT_EQ(call(134, {handle(), 0}), 16u);
  const Bytestring large(1017);
  EXPECT_EQ(static_cast<int64_t>(call(130, {handle(), reinterpret_cast<uintptr_t>(large.data()), 1017, 0})),
            kErrorAgain);
  EXPECT_EQ(owned.map.ring.lost, 1u);
}

TEST_F(RingHelpers, PrintsUpToTwelveNumbers) {
  const char format[] = "%d %u %x %c %ld %d %d %d %d %d %d %d";
  uint8_t values[1 + 12 * 8] = {};
  for (uint64_t i = 0; i < 12; i++) {
    const uint64_t value = i == 4 ? static_cast<uint64_t>(-5) : 'a' + i;
    memcpy(values + 1 + 8 * i, &value, 8);  // of any alignment
  }
  const uint64_t at = reinterpret_cast<uintptr_t>(format);
  const uint64_t data = reinterpret_cast<uintptr_t>(values + 1);
  EXPECT_EQ(call(177, {at, sizeof format, data, 96}), strlen("97 98 63 d -5 102 103 104 105 106 107 108"));
  EXPECT_EQ(port.log, "97 98 63 d -5 102 103 104 105 106 107 108\n");
  EXPECT_EQ(static_cast<int64_t>(call(177, {at, sizeof format, data, 88})), kErrorInvalid) << "one too few";
  EXPECT_EQ(static_cast<int64_t>(call(177, {at, sizeof format, data, 95})), kErrorInvalid) << "no whole number";
  const char plain[] = "none";
  EXPECT_EQ(call(177, {reinterpret_cast<uintptr_t>(plain), sizeof plain, 0, 0}), 4u);
}

}  // namespace
}  // namespace perdita::runtime
