// SPDX-License-Identifier: Apache-2.0
//
// Ring buffers through the device API.
#include <gtest/gtest.h>

#include "runtime/inspect.h"
#include "runtime/ring_buffer.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using Bytestring = std::vector<uint8_t>;

// A package with map 0 "counts", an array, and map 1 "ring", a ring buffer of 256 bytes.
struct ReadRing : testing::Test {
  ReadRing() {
    board.start();
    deliver(1);
  }
  void deliver(uint64_t sequence) {
    object::Module module = counter(1);
    module.maps.push_back({"ring", {isa::MapType::ring_buffer, 0, 0, 256, 0}, object::MapOrigin::defined, false, {}});
    EXPECT_EQ(board.deliver(board.seal(board.claimed(module), {.sequence = sequence})), perdita_status_ok);
  }
  Map& ring() {
    const Package* package = nullptr;
    return *map_at(*board.runtime, 1, package);
  }
  void output(const Bytestring& record, uint64_t flags = 0) {
    ring_output(ring(), board.port.port, record.data(), record.size(), flags);
  }
  perdita_ring_info info() const {
    perdita_ring_info info{};
    EXPECT_EQ(perdita_ring_at(board.runtime, 1, &info), 1);
    return info;
  }
  std::vector<Bytestring> records(uint32_t position) const {
    std::vector<Bytestring> found;
    const uint8_t* data = nullptr;
    uint32_t size = 0;
    while (perdita_ring_next(board.runtime, 1, &position, &data, &size) != 0) found.emplace_back(data, data + size);
    return found;
  }

  TestBoard board;
};

TEST_F(ReadRing, RecordsByPosition) {
  perdita_ring_info none{};
  EXPECT_EQ(perdita_ring_at(board.runtime, 0, &none), 0) << "an array";
  EXPECT_EQ(perdita_ring_at(board.runtime, 9, &none), 0);
  EXPECT_EQ(records(0).size(), 0u);
  output({1});
  output({2, 2});
  const uint32_t second = info().consumer + 16;
  EXPECT_EQ(records(info().consumer), (std::vector<Bytestring>{{1}, {2, 2}}));
  EXPECT_EQ(records(info().consumer - 100).size(), 2u) << "before the oldest: the oldest";
  EXPECT_EQ(records(second), (std::vector<Bytestring>{{2, 2}}));
  EXPECT_EQ(records(info().producer).size(), 0u);
  EXPECT_EQ(records(info().producer + 1000).size(), 0u);
  perdita_ring_take(board.runtime, 1, second);
  EXPECT_EQ(records(0), (std::vector<Bytestring>{{2, 2}}));
  output(Bytestring(300));
  EXPECT_EQ(info().lost, 1u);
}

// Whoever says where to take to, whole records go, and none that is still being written.
TEST_F(ReadRing, AnyPositionIsSafeToTake) {
  for (uint32_t position = 0; position < 200; position++) {
    perdita_ring_take(board.runtime, 1, info().producer);
    const uint32_t start = info().consumer;
    for (uint8_t i = 0; i < 4; i++) output(Bytestring(20, i));
    ring_reserve(ring(), board.port.port, 4);
    output({9});
    perdita_ring_take(board.runtime, 1, start + position);
    const uint32_t left = position > 4 * 32 ? 0 : 4 - position / 32;
    ASSERT_EQ(records(start).size(), left) << position;
    for (const Bytestring& record : records(start)) ASSERT_EQ(record.size(), 20u);
    // So that the next round begins with nothing open.
    board.start();
    deliver(1);
  }
}

TEST_F(ReadRing, WakesOnce) {
  EXPECT_EQ(perdita_ring_woken(board.runtime, 1), 0);
  output({1}, kRingNoWakeup);
  EXPECT_EQ(perdita_ring_woken(board.runtime, 1), 0);
  output({1});
  EXPECT_EQ(perdita_ring_woken(board.runtime, 1), 1);
  EXPECT_EQ(perdita_ring_woken(board.runtime, 1), 0);
}

TEST_F(ReadRing, ChangesWithEveryPackageThatIsTaken) {
  const uint32_t before = perdita_changes(board.runtime);
  const void* identity = info().identity;
  output({1});
  deliver(2);
  EXPECT_EQ(perdita_changes(board.runtime), before + 1);
  EXPECT_EQ(info().identity, identity) << "a kept map is the same";
  EXPECT_EQ(records(0).size(), 1u);
  EXPECT_EQ(board.deliver(board.seal(board.claimed(counter(1)), {.sequence = 2})), perdita_status_old_sequence);
  EXPECT_EQ(perdita_changes(board.runtime), before + 1) << "refused";
}

}  // namespace
}  // namespace perdita::runtime
