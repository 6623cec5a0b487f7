// SPDX-License-Identifier: Apache-2.0
#include "object/map_rules.h"

#include <fmt/format.h>

namespace perdita::object {

std::optional<std::string> broken_rule(const isa::MapDef& def) {
  using isa::MapType;
  if (def.key_size > isa::kMaxKeyBytes)
    return fmt::format("has keys of {} bytes; at most {}", def.key_size, isa::kMaxKeyBytes);
  if (def.value_size > isa::kMaxValueBytes)
    return fmt::format("has values of {} bytes; at most {}", def.value_size, isa::kMaxValueBytes);
  if (def.max_entries > isa::kMaxEntries) {
    return fmt::format("has {} entries; at most {}", def.max_entries, isa::kMaxEntries);
  }
  if (def.max_entries == 0) return "has no entries: max_entries is missing or 0";
  if ((def.flags & ~uint32_t{isa::kMapReadOnlyForProg}) != 0) {
    return fmt::format("has map_flags {:#x}; only BPF_F_RDONLY_PROG is supported", def.flags);
  }
  switch (def.type) {
    case MapType::array:
      if (def.key_size != 4) return fmt::format("is an array with keys of {} bytes; an index has 4", def.key_size);
      break;
    case MapType::prog_array:
      if (def.key_size != 4 || def.value_size != 4)
        return "is a program array whose keys and values are not of 4 bytes";
      return std::nullopt;
    case MapType::hash:
    case MapType::lru_hash:
      if (def.key_size == 0) return "is a hash without a key";
      break;
    case MapType::queue:
    case MapType::stack:
      if (def.key_size != 0) return "is a queue or stack with a key";
      break;
    case MapType::ring_buffer:
      if (def.key_size != 0 || def.value_size != 0) return "is a ring buffer with a key or a value";
      if ((def.max_entries & (def.max_entries - 1)) != 0) return "is a ring buffer whose size is no power of two";
      return std::nullopt;
    default:
      return fmt::format("is of type {}; supported are array, hash, lru_hash, queue, stack, prog_array and ring buffer",
                         static_cast<uint32_t>(def.type));
  }
  if (def.value_size == 0) return "has no value: value or value_size is missing";
  return std::nullopt;
}

}  // namespace perdita::object
