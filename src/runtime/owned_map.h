// SPDX-License-Identifier: Apache-2.0
//
// A map in memory of its own, exactly as large as it asked for: the address sanitizer sees what leaves it. Only in
// tests.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "runtime/map.h"

namespace perdita::runtime {

class OwnedMap {
 public:
  explicit OwnedMap(const isa::MapDef& def) : storage_(map_storage_bytes(def) / 8) {
    EXPECT_EQ(check_map(def), Status::ok);
    EXPECT_EQ(map_storage_bytes(def) % 8, 0u);
    init_map(map, def, storage_.data());
  }
  bool contains(const uint8_t* pointer, size_t size) const {
    const auto* start = reinterpret_cast<const uint8_t*>(storage_.data());
    return pointer >= start && pointer + size <= start + storage_.size() * 8;
  }
  Map map{};

 private:
  std::vector<uint64_t> storage_;
};

}  // namespace perdita::runtime
