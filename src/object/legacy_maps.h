// SPDX-License-Identifier: Apache-2.0
//
// Maps as they were defined before BTF: variables in a section "maps" ("maps/NAME" with some loaders), each a structure
// of 32-bit words that begins with type, key_size, value_size, max_entries and flags. What follows differs:
//   bpf_map_def (libbpf)          nothing
//   bpf_map_def (Linux's samples) inner_map_idx, numa_node
//   bpf_elf_map (iproute2)        id, pinning, and later inner_id, inner_idx
// A board's map has none of these: there the words have to be 0. Where maps are judged only, they say which map a map
// of maps holds.
#pragma once

#include <vector>

#include "object/map_definitions.h"

namespace perdita::object {

// Appends them, in the order of their places.
std::optional<Diagnostic> define_legacy_maps(const ElfFile& elf, bool judged, std::vector<MapDefinition>& maps);

}  // namespace perdita::object
