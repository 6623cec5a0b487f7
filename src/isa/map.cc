// SPDX-License-Identifier: Apache-2.0
#include "isa/map.h"

namespace perdita::isa {
namespace {

MapFlaw check_limits(const MapDef& def) {
  if (def.key_size > kMaxKeyBytes) return MapFlaw::key_too_large;
  if (def.value_size > kMaxValueBytes) return MapFlaw::value_too_large;
  if (def.max_entries > kMaxEntries) return MapFlaw::too_many_entries;
  if (def.max_entries == 0) return MapFlaw::no_entries;
  const uint32_t allowed = def.type == MapType::array ? uint32_t{kMapReadOnlyForProg} : 0;
  return (def.flags & ~allowed) == 0 ? MapFlaw::none : MapFlaw::flags;
}

}  // namespace

MapFlaw check_definition(const MapDef& def) {
  const MapFlaw limit = check_limits(def);
  switch (def.type) {
    case MapType::array:
      if (limit != MapFlaw::none) return limit;
      if (def.key_size != 4) return MapFlaw::key_is_no_index;
      return def.value_size == 0 ? MapFlaw::value_missing : MapFlaw::none;
    case MapType::prog_array:
      if (limit != MapFlaw::none) return limit;
      if (def.key_size != 4) return MapFlaw::key_is_no_index;
      return def.value_size != 4 ? MapFlaw::value_is_no_prog : MapFlaw::none;
    case MapType::hash:
    case MapType::lru_hash:
      if (limit != MapFlaw::none) return limit;
      if (def.key_size == 0) return MapFlaw::key_missing;
      return def.value_size == 0 ? MapFlaw::value_missing : MapFlaw::none;
    case MapType::queue:
    case MapType::stack:
      if (limit != MapFlaw::none) return limit;
      if (def.key_size != 0) return MapFlaw::key_not_taken;
      return def.value_size == 0 ? MapFlaw::value_missing : MapFlaw::none;
    case MapType::ring_buffer:
      if (limit != MapFlaw::none) return limit;
      if (def.key_size != 0) return MapFlaw::key_not_taken;
      if (def.value_size != 0) return MapFlaw::value_not_taken;
      if ((def.max_entries & (def.max_entries - 1)) != 0) return MapFlaw::not_a_power_of_two;
      return def.max_entries < kMinRingBytes ? MapFlaw::ring_too_small : MapFlaw::none;
  }
  return MapFlaw::unknown_type;
}

}  // namespace perdita::isa
