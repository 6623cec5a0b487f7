// SPDX-License-Identifier: Apache-2.0
//
// LRU hash, queue and stack against plain models, with Linux's results (Documentation/bpf/map_hash.rst,
// map_queue_stack.rst).
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>
#include <set>

#include "runtime/fake_port.h"
#include "runtime/owned_map.h"

namespace perdita::runtime {
namespace {

using isa::MapType;
using Bytestring = std::vector<uint8_t>;

Bytestring random_bytes(std::mt19937& random, size_t size) {
  Bytestring bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

// ---- queue and stack ----

class QueueModel {
 public:
  QueueModel(MapType type, size_t most) : is_queue_(type == MapType::queue), most_(most) {}
  int64_t push(const Bytestring& value, uint64_t flags) {
    if (flags != 0 && flags != 2) return -22;
    if (values.size() == most_) {
      if (flags == 0) return -7;
      values.pop_front();
    }
    values.push_back(value);
    return 0;
  }
  int64_t take(bool remove, Bytestring& value) {
    std::fill(value.begin(), value.end(), 0);
    if (values.empty()) return -2;
    value = is_queue_ ? values.front() : values.back();
    if (remove && is_queue_) values.pop_front();
    if (remove && !is_queue_) values.pop_back();
    return 0;
  }
  std::deque<Bytestring> values;  // oldest first

 private:
  bool is_queue_;
  size_t most_;
};

class QueueAndStack : public testing::TestWithParam<MapType> {};

TEST_P(QueueAndStack, RandomOperationsAgainstAModel) {
  for (const auto& [value_size, entries] : {std::pair{1u, 1u}, {3u, 2u}, {8u, 5u}, {13u, 64u}}) {
    OwnedMap owned({GetParam(), 0, value_size, entries, 0});
    FakePort port;
    QueueModel model(GetParam(), entries);
    std::mt19937 random(entries);
    // Levels above come in wherever the lock is about to be taken, and do the same.
    int depth = 0;
    std::function<void()> operate = [&] {
      const Bytestring value = random_bytes(random, value_size);
      Bytestring got(value_size, 0xee);
      Bytestring expected(value_size);
      const uint64_t flags = random() % 16 == 0 ? random() : 2 * (random() % 2);
      switch (random() % 3) {
        case 0: {
          const int64_t answer = map_push(owned.map, port.port, value.data(), flags);
          // What came in between came first.
          ASSERT_EQ(answer, model.push(value, flags));
          break;
        }
        case 1: {
          if (depth != 0) return;  // what a pop took before it was interrupted would be gone before the model's
          const auto interrupt = std::exchange(port.interrupt, nullptr);
          ASSERT_EQ(map_pop(owned.map, port.port, got.data()), model.take(true, expected));
          ASSERT_EQ(got, expected);
          port.interrupt = interrupt;
          break;
        }
        default:
          ASSERT_EQ(map_peek(owned.map, got.data()), model.take(false, expected));
          ASSERT_EQ(got, expected);
          break;
      }
    };
    port.interrupt = [&] {
      if (depth == 3 || random() % 3 != 0) return;
      depth++;
      operate();
      depth--;
    };
    for (int step = 0; step < 6000; step++) {
      operate();
      ASSERT_FALSE(HasFatalFailure()) << step;
      ASSERT_EQ(owned.map.entries, model.values.size());
      uint32_t cursor = 0;
      Bytestring value(value_size);
      std::deque<Bytestring> seen;
      while (map_next(owned.map, cursor, nullptr, value.data())) seen.push_back(value);
      if (GetParam() == MapType::stack) std::reverse(seen.begin(), seen.end());
      ASSERT_EQ(seen, model.values) << step;
    }
    EXPECT_EQ(port.depth, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, QueueAndStack, testing::Values(MapType::queue, MapType::stack));

TEST(QueueMap, WhatOtherMapsHave) {
  OwnedMap owned({MapType::queue, 0, 4, 2, 0});
  FakePort port;
  const uint32_t value = 7;
  uint32_t got = 0;
  EXPECT_EQ(map_lookup(owned.map, &value), nullptr);
  EXPECT_EQ(map_delete(owned.map, port.port, &value), kErrorInvalid);
  EXPECT_EQ(map_update(owned.map, port.port, nullptr, &value, kUpdateAny), 0) << "an update pushes";
  EXPECT_EQ(map_push(owned.map, port.port, &value, kUpdateNoExist), kErrorInvalid);
  EXPECT_EQ(map_pop(owned.map, port.port, &got), 0);
  EXPECT_EQ(got, 7u);
  OwnedMap array({MapType::array, 4, 4, 2, 0});
  EXPECT_EQ(map_push(array.map, port.port, &value, kUpdateAny), kErrorInvalid);
  EXPECT_EQ(map_pop(array.map, port.port, &got), kErrorInvalid);
  EXPECT_EQ(map_peek(array.map, &got), kErrorInvalid);
  const auto start = reinterpret_cast<uintptr_t>(owned.map.elements);
  for (uint64_t address = start - 8; address < start + 64; address++) EXPECT_FALSE(map_holds(owned.map, address, 1));
}

// ---- LRU hash ----

std::set<uint32_t> keys_of(const Map& map) {
  std::set<uint32_t> keys;
  uint32_t cursor = 0, key = 0, value = 0;
  while (map_next(map, cursor, reinterpret_cast<uint8_t*>(&key), reinterpret_cast<uint8_t*>(&value))) {
    EXPECT_EQ(value, key * 3);
    EXPECT_TRUE(keys.insert(key).second);
  }
  return keys;
}

int64_t put(OwnedMap& owned, FakePort& port, uint32_t key, uint64_t flags = kUpdateAny) {
  const uint32_t value = key * 3;
  return map_update(owned.map, port.port, &key, &value, flags);
}

TEST(LruMap, NeverFailsAndNeverGrows) {
  for (const uint32_t entries : {1u, 2u, 3u, 8u, 17u, 100u}) {
    OwnedMap owned({MapType::lru_hash, 4, 4, entries, 0});
    FakePort port;
    std::mt19937 random(entries);
    int depth = 0;
    port.interrupt = [&] {
      if (depth == 3 || random() % 4 != 0) return;
      depth++;
      ASSERT_EQ(put(owned, port, static_cast<uint32_t>(random() % (4 * entries))), 0);
      depth--;
    };
    for (int step = 0; step < 5000; step++) {
      const uint32_t key = static_cast<uint32_t>(random() % (4 * entries));
      ASSERT_EQ(put(owned, port, key), 0);
      if (random() % 8 == 0) {
        const uint32_t gone = static_cast<uint32_t>(random() % (4 * entries));
        const int64_t answer = map_delete(owned.map, port.port, &gone);
        ASSERT_TRUE(answer == 0 || answer == kErrorNoEntry);
      }
      ASSERT_LE(owned.map.entries, entries);
      ASSERT_EQ(keys_of(owned.map).size(), owned.map.entries);
    }
    EXPECT_EQ(port.depth, 0u);
  }
}

TEST(LruMap, ANewKeyIsThereAndUpdateFlagsHold) {
  OwnedMap owned({MapType::lru_hash, 4, 4, 8, 0});
  FakePort port;
  for (uint32_t key = 0; key < 1000; key++) {
    ASSERT_EQ(put(owned, port, key, kUpdateNoExist), 0);
    ASSERT_NE(map_lookup(owned.map, &key), nullptr);
    ASSERT_EQ(put(owned, port, key, kUpdateNoExist), kErrorExists);
    ASSERT_EQ(put(owned, port, key, kUpdateExist), 0);
    ASSERT_EQ(put(owned, port, key + 5000, kUpdateExist), kErrorNoEntry);
    ASSERT_EQ(put(owned, port, key, 3), kErrorInvalid);
  }
  EXPECT_EQ(owned.map.entries, 8u);
}

// Entries that are used stay while others stream through.
TEST(LruMap, KeepsWhatIsUsed) {
  OwnedMap owned({MapType::lru_hash, 4, 4, 32, 0});
  FakePort port;
  for (uint32_t key = 0; key < 4; key++) ASSERT_EQ(put(owned, port, key), 0);
  for (uint32_t key = 100; key < 5000; key++) {
    for (uint32_t hot = 0; hot < 4; hot++) ASSERT_NE(map_lookup(owned.map, &hot), nullptr) << key;
    ASSERT_EQ(put(owned, port, key), 0);
  }
}

// And what nobody uses goes first to last: a full round later it is gone.
TEST(LruMap, ForgetsWhatIsNotUsed) {
  OwnedMap owned({MapType::lru_hash, 4, 4, 16, 0});
  FakePort port;
  for (uint32_t key = 0; key < 16; key++) ASSERT_EQ(put(owned, port, key), 0);
  for (uint32_t key = 100; key < 100 + 32; key++) ASSERT_EQ(put(owned, port, key), 0);
  for (const uint32_t key : keys_of(owned.map)) EXPECT_GE(key, 100u);
}

}  // namespace
}  // namespace perdita::runtime
