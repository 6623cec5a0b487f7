// SPDX-License-Identifier: Apache-2.0
//
// Maps changed from outside, by signed orders.
#include <gtest/gtest.h>

#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using compiler::MapOrder;
using isa::MapType;
using Bytestring = std::vector<uint8_t>;

// A package whose maps are 0 "counts", an array of four 64-bit numbers, 1 "table", a hash, 2 "line", a queue.
struct ChangeMapTest : testing::Test {
  ChangeMapTest() {
    board.config.allow_map_changes = 1;
    board.start();
    object::Module module = counter(1);
    module.maps.push_back({"table", {MapType::hash, 2, 4, 2, 0}, object::MapOrigin::defined, false, {}});
    module.maps.push_back({"line", {MapType::queue, 0, 2, 2, 0}, object::MapOrigin::defined, false, {}});
    module.maps.push_back(
        {".rodata", {MapType::array, 4, 2, 1, isa::kMapReadOnlyForProg}, object::MapOrigin::rodata, false, {1, 2}});
    module.maps.push_back({"ring", {MapType::ring_buffer, 0, 0, 64, 0}, object::MapOrigin::defined, false, {}});
    EXPECT_EQ(board.deliver(board.seal(board.claimed(module), {.sequence = sequence++})), perdita_status_ok);
  }

  perdita_status order(const MapOrder& wanted, std::vector<Signer> signers = {Signer::both}) {
    return board.deliver(board.order(wanted, {.sequence = sequence++, .signers = std::move(signers)}));
  }
  void refused(const MapOrder& wanted, uint64_t error) {
    const std::string before = board.observe();
    EXPECT_EQ(order(wanted), perdita_status_map_refuses);
    EXPECT_EQ(board.report.name, wanted.map);
    EXPECT_EQ(board.report.need, error);
    EXPECT_EQ(board.observe(), before);
  }
  // The entries of the map with that index.
  std::vector<std::pair<Bytestring, Bytestring>> entries(uint32_t map) {
    perdita_map_info info{};
    EXPECT_EQ(perdita_map_at(board.runtime, map, &info), 1);
    std::vector<std::pair<Bytestring, Bytestring>> found;
    uint32_t cursor = 0;
    Bytestring key(info.key_size), value(info.value_size);
    while (perdita_map_next(board.runtime, map, &cursor, key.data(), value.data()) != 0) found.emplace_back(key, value);
    return found;
  }

  TestBoard board;
  uint64_t sequence = 1;
};

TEST_F(ChangeMapTest, AProgramSeesWhatWasWritten) {
  EXPECT_EQ(order({"counts", {0, 0, 0, 0}, Bytestring{41, 0, 0, 0, 0, 0, 0, 0}}), perdita_status_ok);
  SensorContext context = {5, 0};
  EXPECT_EQ(perdita_fire(board.runtime, kSensorHook, &context), 42);
}

TEST_F(ChangeMapTest, NotWhereThePlatformDoesNotAllowIt) {
  board.config.allow_map_changes = 0;
  const std::string before = board.observe();
  for (const MapOrder& wanted : {MapOrder{"counts", {0, 0, 0, 0}, Bytestring(8)}, MapOrder{"table", {1, 0}, {}}}) {
    EXPECT_EQ(order(wanted), perdita_status_not_permitted);
    EXPECT_EQ(board.report.name, wanted.map);
  }
  EXPECT_EQ(board.observe(), before);
}

TEST_F(ChangeMapTest, HashAndQueue) {
  EXPECT_EQ(order({"table", {1, 0}, Bytestring{1, 2, 3, 4}, 1}), perdita_status_ok);
  refused({"table", {1, 0}, Bytestring{1, 2, 3, 4}, 1}, 17);
  refused({"table", {2, 0}, Bytestring{1, 2, 3, 4}, 2}, 2);
  EXPECT_EQ(order({"table", {2, 0}, Bytestring{5, 6, 7, 8}}), perdita_status_ok);
  refused({"table", {3, 0}, Bytestring{1, 2, 3, 4}}, 7);
  EXPECT_EQ(entries(1).size(), 2u);
  EXPECT_EQ(order({"table", {1, 0}, std::nullopt}), perdita_status_ok);
  refused({"table", {1, 0}, std::nullopt}, 2);
  EXPECT_EQ(entries(1), (std::vector<std::pair<Bytestring, Bytestring>>{{{2, 0}, {5, 6, 7, 8}}}));
  EXPECT_EQ(order({"line", {}, Bytestring{1, 2}}), perdita_status_ok);
  EXPECT_EQ(entries(2).size(), 1u);
}

TEST_F(ChangeMapTest, WhatAMapDoesNotTake) {
  refused({"table", {1}, Bytestring{1, 2, 3, 4}}, 22);
  refused({"table", {1, 0}, Bytestring{1, 2, 3}}, 22);
  refused({"table", {1, 0, 0}, std::nullopt}, 22);
  refused({"table", {1, 0}, Bytestring{1, 2, 3, 4}, 3}, 22);
  refused({"counts", {4, 0, 0, 0}, Bytestring(8)}, 7);
  refused({"counts", {0, 0, 0, 0}, std::nullopt}, 22);
  refused({".rodata", {0, 0, 0, 0}, Bytestring{3, 4}}, 1);
  refused({"ring", {}, Bytestring{}}, 22);
  EXPECT_EQ(order({"nowhere", {}, Bytestring{}}), perdita_status_unknown_map);
}

TEST_F(ChangeMapTest, OnlyAnAuthorWhoMayUseItsHooks) {
  const MapOrder wanted = {"table", {1, 0}, Bytestring{1, 2, 3, 4}};
  EXPECT_EQ(order(wanted, {Signer::verifier}), perdita_status_no_author);
  EXPECT_EQ(order(wanted, {Signer::stranger}), perdita_status_unknown_key_id);
  object::Module module = constant(1, "tick");
  module.maps.push_back({"table", {MapType::hash, 2, 4, 2, 0}, object::MapOrigin::defined, false, {}});
  ASSERT_EQ(board.deliver(board.seal(board.claimed(module), {.name = "ticking"})), perdita_status_ok);
  EXPECT_EQ(board.deliver(board.order(wanted, {.name = "ticking", .sequence = 2, .signers = {Signer::sensor_author}})),
            perdita_status_not_permitted);
  EXPECT_STREQ(board.report.name, "tick");
  EXPECT_EQ(board.deliver(board.order(wanted, {.name = "ticking", .sequence = 2, .signers = {Signer::author}})),
            perdita_status_ok);
}

}  // namespace
}  // namespace perdita::runtime
