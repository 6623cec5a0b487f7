// SPDX-License-Identifier: Apache-2.0
//
// The maps of an object: those that `.maps` defines by BTF, in the way of libbpf, and one for each section of
// initialised or zeroed data, called like the section. A map from `.maps` comes before all of data, in the order of the
// object's BTF; sections follow in the object's order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diag/result.h"
#include "object/btf.h"
#include "object/elf_file.h"
#include "object/module.h"

namespace perdita::object {

struct MapDefinition {
  Map map;
  uint32_t elf_section = 0;
  uint64_t offset = 0;                      // of its variable in .maps; 0 for data
  std::map<uint32_t, std::string> presets;  // program array: names of what its slots hold from the start
};

// `btf` may be null: an object without BTF has maps of data only.
Result<std::vector<MapDefinition>> define_maps(const ElfFile& elf, const Btf* btf);

}  // namespace perdita::object
