// SPDX-License-Identifier: Apache-2.0
#include "object/map_rules.h"

#include <fmt/format.h>

namespace perdita::object {
namespace {

// Linux's names of its other types (include/uapi/linux/bpf.h), so that what is missing is refused by name.
std::string type_text(uint32_t type) {
  constexpr const char* kNames[] = {"0",
                                    "hash",
                                    "array",
                                    "prog_array",
                                    "perf_event_array",
                                    "percpu_hash",
                                    "percpu_array",
                                    "stack_trace",
                                    "cgroup_array",
                                    "lru_hash",
                                    "lru_percpu_hash",
                                    "lpm_trie",
                                    "array_of_maps",
                                    "hash_of_maps",
                                    "devmap",
                                    "sockmap",
                                    "cpumap",
                                    "xskmap",
                                    "sockhash",
                                    "cgroup_storage",
                                    "reuseport_sockarray",
                                    "percpu_cgroup_storage",
                                    "queue",
                                    "stack",
                                    "sk_storage",
                                    "devmap_hash",
                                    "struct_ops",
                                    "ringbuf",
                                    "inode_storage",
                                    "task_storage",
                                    "bloom_filter",
                                    "user_ringbuf",
                                    "cgrp_storage",
                                    "arena"};
  if (type == 0 || type >= std::size(kNames)) return fmt::format("{}", type);
  return fmt::format("{} ({})", type, kNames[type]);
}

}  // namespace

std::optional<std::string> broken_rule(const isa::MapDef& def) {
  using isa::MapFlaw;
  switch (isa::check_definition(def)) {
    case MapFlaw::none:
      return std::nullopt;
    case MapFlaw::unknown_type:
      return fmt::format("is of type {}; supported are array, hash, lru_hash, queue, stack, prog_array and ringbuf",
                         type_text(static_cast<uint32_t>(def.type)));
    case MapFlaw::no_entries:
      return "has no entries: max_entries is missing or 0";
    case MapFlaw::too_many_entries:
      return fmt::format("has {} entries; at most {}", def.max_entries, isa::kMaxEntries);
    case MapFlaw::key_too_large:
      return fmt::format("has keys of {} bytes; at most {}", def.key_size, isa::kMaxKeyBytes);
    case MapFlaw::value_too_large:
      return fmt::format("has values of {} bytes; at most {}", def.value_size, isa::kMaxValueBytes);
    case MapFlaw::flags:
      return fmt::format("has map_flags {:#x}; only BPF_F_RDONLY_PROG is supported, and only for arrays", def.flags);
    case MapFlaw::key_is_no_index:
      return fmt::format("is an array with keys of {} bytes; an index has 4", def.key_size);
    case MapFlaw::key_missing:
      return "is a hash without a key";
    case MapFlaw::key_not_taken:
      return "is a queue, stack or ring buffer with a key";
    case MapFlaw::value_missing:
      return "has no value: value or value_size is missing";
    case MapFlaw::value_not_taken:
      return "is a ring buffer with a value: records have the size that programs give them";
    case MapFlaw::value_is_no_prog:
      return fmt::format("is a program array with values of {} bytes; a program's number has 4", def.value_size);
    case MapFlaw::not_a_power_of_two:
      return fmt::format("is a ring buffer of {} bytes: max_entries has to be a power of two", def.max_entries);
    case MapFlaw::ring_too_small:
      return fmt::format("is a ring buffer of {} bytes; at least {}", def.max_entries, isa::kMinRingBytes);
  }
  return std::nullopt;
}

// Sizes within what pointers may be moved by (kOffsetLimit of the verifier), so that they all can be accessed.
std::optional<std::string> broken_linux_rule(const isa::MapDef& def) {
  constexpr uint32_t kMaxLinuxType = 33;             // enum bpf_map_type, Linux 6.12
  constexpr uint32_t kMaxLinuxValueBytes = 4 << 20;  // KMALLOC_MAX_SIZE
  const auto type = static_cast<uint32_t>(def.type);
  if (type == 0 || type > kMaxLinuxType) return fmt::format("is of type {}, which Linux does not have", type);
  if (def.key_size > isa::kMaxKeyBytes)
    return fmt::format("has keys of {} bytes; at most {}", def.key_size, isa::kMaxKeyBytes);
  if (def.value_size > kMaxLinuxValueBytes)
    return fmt::format("has values of {} bytes; at most {}", def.value_size, kMaxLinuxValueBytes);
  return std::nullopt;
}

void mark_read_only(isa::MapDef& def) {
  constexpr uint32_t kDevmap = 14, kCpumap = 16, kXskmap = 17, kDevmapHash = 25;
  const auto type = static_cast<uint32_t>(def.type);
  if (type == kDevmap || type == kCpumap || type == kXskmap || type == kDevmapHash)
    def.flags |= isa::kMapReadOnlyForProg;
}

}  // namespace perdita::object
