// SPDX-License-Identifier: Apache-2.0
// What programs for Linux include: types and helpers, and the structures of maps before BTF.
#pragma once
#include <linux/bpf.h>
#include <linux/ptrace.h>
#define bpf_map_def bpf_map_def_of_libbpf
#include <bpf/bpf_helpers.h>
#undef bpf_map_def

struct bpf_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags, inner_map_idx, numa_node;
};
struct bpf_elf_map {
  __u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};
