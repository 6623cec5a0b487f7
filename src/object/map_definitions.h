// SPDX-License-Identifier: Apache-2.0
//
// The maps of an object: those that `.maps` defines by BTF, in the way of libbpf; those that sections `maps` define in
// the old way (legacy_maps.h); and one for each section of initialised or zeroed data, called like the section. They
// come in this order; inside it, in that of the object's BTF, and of its sections.
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
  std::optional<isa::MapDef> inner;         // map of maps: what those it holds are like
  std::map<std::string, uint32_t> externs;  // .kconfig: where each variable stands in the value
};

// `btf` may be null. `judged`: by Linux's rules, with all its types of maps, and with the settings of its kernel as a
// map that can only be read.
Result<std::vector<MapDefinition>> define_maps(const ElfFile& elf, const Btf* btf, bool judged);

}  // namespace perdita::object
