// SPDX-License-Identifier: Apache-2.0
#include "runtime/map.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "runtime/fake_port.h"
#include "runtime/owned_map.h"

namespace perdita::runtime {
namespace {

using Bytestring = std::vector<uint8_t>;
using Model = std::map<Bytestring, Bytestring>;

Model contents(const Map& map) {
  Model found;
  uint32_t cursor = 0;
  Bytestring key(map.def.key_size);
  Bytestring value(map.def.value_size);
  while (map_next(map, cursor, key.data(), value.data())) {
    EXPECT_TRUE(found.emplace(key, value).second) << "a key came twice";
  }
  return found;
}

Bytestring random_bytes(std::mt19937& random, size_t size, uint32_t values) {
  Bytestring bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % values);
  return bytes;
}

isa::MapDef hash_of(uint32_t key, uint32_t value, uint32_t entries) {
  return {isa::MapType::hash, key, value, entries, 0};
}
isa::MapDef array_of(uint32_t value, uint32_t entries, uint32_t flags = 0) {
  return {isa::MapType::array, 4, value, entries, flags};
}

// Linux's rules for a hash, said once more and plainly.
int64_t update_model(Model& model, uint32_t max_entries, const Bytestring& key, const Bytestring& value,
                     uint64_t flags) {
  if (flags > kUpdateExist) return kErrorInvalid;
  const bool exists = model.contains(key);
  if (exists && flags == kUpdateNoExist) return kErrorExists;
  if (!exists && flags == kUpdateExist) return kErrorNoEntry;
  if (!exists && model.size() == max_entries) return kErrorTooBig;
  model[key] = value;
  return 0;
}

void random_operation(std::mt19937& random, OwnedMap& owned, Model& model, FakePort& port) {
  Map& map = owned.map;
  const Bytestring key = random_bytes(random, map.def.key_size, 4);
  const Bytestring value = random_bytes(random, map.def.value_size, 256);
  switch (random() % 4) {
    case 0:
    case 1: {
      const uint64_t flags = random() % 8 == 0 ? random() % 5 : random() % 3;
      const int64_t answer = map_update(map, port.port, key.data(), value.data(), flags);
      // The model comes second: what interrupted the update came before it.
      ASSERT_EQ(answer, update_model(model, map.def.max_entries, key, value, flags));
      break;
    }
    case 2: {
      const int64_t answer = map_delete(map, port.port, key.data());
      ASSERT_EQ(answer, model.erase(key) == 1 ? 0 : kErrorNoEntry);
      break;
    }
    default: {
      const uint8_t* found = map_lookup(map, key.data());
      ASSERT_EQ(found != nullptr, model.contains(key));
      if (found == nullptr) break;
      ASSERT_TRUE(owned.contains(found, value.size()));
      ASSERT_TRUE(map_holds(map, reinterpret_cast<uintptr_t>(found), value.size()));
      ASSERT_EQ(memcmp(found, model[key].data(), value.size()), 0);
      break;
    }
  }
}

TEST(HashMap, RandomOperationsAgainstAModel) {
  for (const auto& [key, value, entries] :
       {std::array{1u, 1u, 1u}, {1u, 3u, 3u}, {2u, 8u, 9u}, {3u, 16u, 40u}, {4u, 5u, 64u}, {8u, 12u, 100u}}) {
    OwnedMap owned(hash_of(key, value, entries));
    FakePort port;
    Model model;
    std::mt19937 random(key * 1000 + entries);
    for (int step = 0; step < 8000; step++) {
      ASSERT_NO_FATAL_FAILURE(random_operation(random, owned, model, port)) << key << " " << step;
      ASSERT_EQ(owned.map.entries, model.size());
      if (step % 64 == 0) {
        ASSERT_EQ(contents(owned.map), model);
      }
    }
    EXPECT_EQ(port.depth, 0u);
  }
}

// Higher levels come in wherever the lock is about to be taken, three deep, and change the same few chains.
TEST(HashMap, InterruptedByHigherLevels) {
  OwnedMap owned(hash_of(2, 8, 7));
  FakePort port;
  Model model;
  std::mt19937 random(7);
  int depth = 0;
  uint64_t interrupted = 0;
  port.interrupt = [&] {
    if (depth == 3 || random() % 3 != 0) return;
    depth++;
    interrupted++;
    random_operation(random, owned, model, port);
    depth--;
  };
  for (int step = 0; step < 30000; step++) {
    ASSERT_NO_FATAL_FAILURE(random_operation(random, owned, model, port)) << step;
    ASSERT_EQ(owned.map.entries, model.size());
    ASSERT_EQ(contents(owned.map), model) << step;
  }
  EXPECT_GT(interrupted, 10000u);
}

TEST(HashMap, PointerOutlivesItsEntryInsideTheMap) {
  OwnedMap owned(hash_of(4, 16, 2));
  FakePort port;
  const uint32_t first = 1;
  const uint64_t value[2] = {1, 2};
  ASSERT_EQ(map_update(owned.map, port.port, &first, value, kUpdateAny), 0);
  uint8_t* stale = map_lookup(owned.map, &first);
  ASSERT_EQ(map_delete(owned.map, port.port, &first), 0);
  for (uint32_t key = 10; key < 500; key++) {
    memset(stale, static_cast<int>(key), 16);  // a program may still write through it
    ASSERT_EQ(map_update(owned.map, port.port, &key, stale, kUpdateAny), 0);
    ASSERT_NE(map_lookup(owned.map, &key), nullptr);
    ASSERT_EQ(map_delete(owned.map, port.port, &key), 0);
  }
  EXPECT_EQ(owned.map.entries, 0u);
}

TEST(ArrayMap, LinuxSemantics) {
  OwnedMap owned(array_of(5, 3));
  FakePort port;
  const uint8_t value[5] = {1, 2, 3, 4, 5};
  uint32_t key = 2;
  EXPECT_EQ(owned.map.entries, 3u);
  EXPECT_EQ(map_update(owned.map, port.port, &key, value, kUpdateNoExist), kErrorExists);
  EXPECT_EQ(map_update(owned.map, port.port, &key, value, 3), kErrorInvalid);
  EXPECT_EQ(map_update(owned.map, port.port, &key, value, kUpdateExist), 0);
  EXPECT_EQ(map_delete(owned.map, port.port, &key), kErrorInvalid);
  EXPECT_EQ(memcmp(map_lookup(owned.map, &key), value, 5), 0);
  for (key = 3; key != 0; key *= 2) {
    EXPECT_EQ(map_lookup(owned.map, &key), nullptr);
    EXPECT_EQ(map_update(owned.map, port.port, &key, value, kUpdateAny), kErrorTooBig);
  }
  EXPECT_EQ(contents(owned.map).size(), 3u);
}

TEST(ArrayMap, ReadOnlyForPrograms) {
  OwnedMap owned(array_of(8, 1, isa::kMapReadOnlyForProg));
  FakePort port;
  const uint32_t key = 0;
  const uint64_t value = 7;
  EXPECT_EQ(map_update(owned.map, port.port, &key, &value, kUpdateAny), kErrorNotPermitted);
  EXPECT_EQ(map_delete(owned.map, port.port, &key), kErrorNotPermitted);
}

// Exactly the bytes of values, for every address around the map and every size.
TEST(Map, HoldsValuesOnly) {
  for (const isa::MapDef& def : {array_of(5, 3), array_of(8, 2), hash_of(3, 5, 2)}) {
    OwnedMap owned(def);
    const Map& map = owned.map;
    const uint64_t start = reinterpret_cast<uintptr_t>(map.elements);
    const uint64_t end = start + static_cast<uint64_t>(map.element_count) * map.element_stride;
    for (uint64_t address = start - 24; address < end + 24; address++) {
      for (uint64_t size = 1; size < 20; size++) {
        bool inside = false;
        for (uint32_t i = 0; i < map.element_count; i++) {
          const uint64_t value = start + static_cast<uint64_t>(i) * map.element_stride + map.value_offset;
          inside = inside || (address >= value && address + size <= value + def.value_size);
        }
        ASSERT_EQ(map_holds(map, address, size), inside) << address - start << " " << size;
      }
      ASSERT_FALSE(map_holds(map, address, UINT64_MAX));
    }
  }
}

TEST(Map, DefinitionsThatAreRefused) {
  const isa::MapDef refused[] = {
      array_of(0, 1),
      array_of(isa::kMaxValueBytes + 1, 1),
      array_of(8, 0),
      array_of(8, isa::kMaxEntries + 1),
      array_of(8, 1, 1),
      {isa::MapType::array, 8, 8, 1, 0},
      hash_of(0, 8, 1),
      hash_of(isa::kMaxKeyBytes + 1, 8, 1),
      hash_of(4, 0, 1),
      hash_of(4, 8, 0),
      {isa::MapType::hash, 4, 8, 1, isa::kMapReadOnlyForProg},
      {isa::MapType::hash, 4, 8, 1, 1},
      {isa::MapType::ring_buffer, 0, 0, 24, 0},
      {isa::MapType::lru_hash, 0, 4, 4, 0},
      {isa::MapType::queue, 4, 4, 4, 0},
      {static_cast<isa::MapType>(0), 4, 4, 4, 0},
  };
  for (const isa::MapDef& def : refused) EXPECT_EQ(check_map(def), Status::bad_map);
  // The largest that is accepted does not overflow what says how large it is.
  const isa::MapDef largest = hash_of(isa::kMaxKeyBytes, isa::kMaxValueBytes, isa::kMaxEntries);
  EXPECT_EQ(check_map(largest), Status::ok);
  EXPECT_GT(map_storage_bytes(largest), uint64_t{isa::kMaxValueBytes} * isa::kMaxEntries);
}

}  // namespace
}  // namespace perdita::runtime
