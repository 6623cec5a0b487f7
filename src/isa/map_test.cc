// SPDX-License-Identifier: Apache-2.0
#include "isa/map.h"

#include <gtest/gtest.h>

namespace perdita::isa {
namespace {

// The rules once more, as a table of what each type demands, tried with every value around its limits.
bool allowed(const MapDef& def) {
  const auto within = [](uint32_t value, uint32_t least, uint32_t most) { return value >= least && value <= most; };
  if (!within(def.max_entries, 1, kMaxEntries)) return false;
  if (def.flags != 0 && !(def.type == MapType::array && def.flags == 0x80)) return false;
  switch (static_cast<uint32_t>(def.type)) {
    case 2:
      return def.key_size == 4 && within(def.value_size, 1, kMaxValueBytes);
    case 3:
      return def.key_size == 4 && def.value_size == 4;
    case 1:
    case 9:
      return within(def.key_size, 1, kMaxKeyBytes) && within(def.value_size, 1, kMaxValueBytes);
    case 22:
    case 23:
      return def.key_size == 0 && within(def.value_size, 1, kMaxValueBytes);
    case 27:
      return def.key_size == 0 && def.value_size == 0 && __builtin_popcount(def.max_entries) == 1 &&
             def.max_entries >= 16;
    default:
      return false;
  }
}

TEST(MapDefinition, EveryTypeAroundEveryLimit) {
  constexpr uint32_t kKeys[] = {0, 1, 3, 4, 5, 8, kMaxKeyBytes, kMaxKeyBytes + 1, UINT32_MAX};
  constexpr uint32_t kValues[] = {0, 1, 3, 4, 5, 8, kMaxValueBytes, kMaxValueBytes + 1, UINT32_MAX};
  constexpr uint32_t kEntries[] = {0, 1, 2, 8, 15, 16, 24, 32, 4096, kMaxEntries, kMaxEntries + 1, UINT32_MAX};
  constexpr uint32_t kFlags[] = {0, 1, 0x80, 0x81, UINT32_MAX};
  uint32_t kept = 0;
  for (uint32_t type = 0; type < 40; type++) {
    for (uint32_t key : kKeys) {
      for (uint32_t value : kValues) {
        for (uint32_t entries : kEntries) {
          for (uint32_t flags : kFlags) {
            const MapDef def = {static_cast<MapType>(type), key, value, entries, flags};
            const bool accepted = check_definition(def) == MapFlaw::none;
            ASSERT_EQ(accepted, allowed(def)) << type << " " << key << " " << value << " " << entries << " " << flags;
            kept += accepted;
          }
        }
      }
    }
  }
  EXPECT_GT(kept, 500u);
}

}  // namespace
}  // namespace perdita::isa
