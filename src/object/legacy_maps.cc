// SPDX-License-Identifier: Apache-2.0
#include "object/legacy_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "object/map_rules.h"
#include "object/refusal.h"

namespace perdita::object {
namespace {

constexpr size_t kWords = 5;           // type to flags: in every definition
constexpr size_t kMostBytes = 1024;    // gobpf's holds the name of a folder
constexpr size_t kSamplesWords = 7;    // with inner_map_idx and numa_node
constexpr size_t kIproute2Words = 9;   // with id, pinning, inner_id, inner_idx
constexpr uint32_t kArrayOfMaps = 12;  // Linux's types
constexpr uint32_t kHashOfMaps = 13;

// One definition: its words, 0 behind its end.
struct Legacy {
  std::string name;
  uint64_t offset = 0;
  size_t words = 0;
  uint32_t word[kIproute2Words] = {};
};

Diagnostic bad_map(std::string_view name, std::string problem, std::string hint) {
  return refused("object-map", fmt::format("the map '{}' {}", name, problem), {}, std::move(hint));
}

bool is_map_section(const ElfSection& section) { return section.name == "maps" || section.name.starts_with("maps/"); }

// Where each variable of the section begins: the symbols that are there, the section's own and labels left out.
std::vector<const ElfSymbol*> variables_of(const ElfFile& elf, uint32_t section) {
  std::vector<const ElfSymbol*> variables;
  for (const ElfSymbol& symbol : elf.symbols) {
    bool variable = symbol.kind == SymbolKind::object || symbol.kind == SymbolKind::none;
    if (variable && symbol.section == section && !symbol.name.empty()) variables.push_back(&symbol);
  }
  std::sort(variables.begin(), variables.end(),
            [](const ElfSymbol* a, const ElfSymbol* b) { return a->value < b->value; });
  return variables;
}

Result<Legacy> read_legacy(const ElfSection& section, const ElfSymbol& symbol, uint64_t end) {
  Legacy map;
  map.name = printable(symbol.name);
  map.offset = symbol.value;
  // The symbol's size leaves out what pads the next one; symbols of old compilers have none.
  uint64_t size = symbol.value < end ? end - symbol.value : 0;
  if (symbol.size != 0) size = std::min(size, symbol.size);
  if (size < kWords * sizeof(uint32_t) || size > kMostBytes) {
    return bad_map(map.name, fmt::format("has a definition of {} bytes in section '{}'", size, section.name),
                   fmt::format("a struct bpf_map_def or bpf_elf_map has {} or more", kWords * sizeof(uint32_t)));
  }
  map.words = std::min<size_t>(size / sizeof(uint32_t), kIproute2Words);
  memcpy(map.word, section.bytes.data() + symbol.value, map.words * sizeof(uint32_t));
  return map;
}

// Which of the definitions a map of maps holds, or none: by the id that iproute2's names, otherwise by place.
std::optional<size_t> inner_of(const std::vector<Legacy>& all, const Legacy& map) {
  if (map.words >= kIproute2Words) {
    const uint32_t inner_id = map.word[7];
    for (size_t i = 0; i < all.size(); i++) {
      bool named = all[i].words >= kIproute2Words && inner_id != 0 && all[i].word[5] == inner_id;
      if (named && &all[i] != &map) return i;
    }
    return std::nullopt;
  }
  if (map.words < kSamplesWords || map.word[5] >= all.size() || &all[map.word[5]] == &map) return std::nullopt;
  return map.word[5];
}

bool says_more(const Legacy& map) {
  return std::any_of(map.word + kWords, map.word + map.words, [](uint32_t word) { return word != 0; });
}

}  // namespace

std::optional<Diagnostic> define_legacy_maps(const ElfFile& elf, bool judged, std::vector<MapDefinition>& maps) {
  std::vector<Legacy> all;
  std::vector<uint32_t> sections;
  for (uint32_t i = 0; i < elf.sections.size(); i++) {
    const ElfSection& section = elf.sections[i];
    if (!is_map_section(section) || section.bytes.empty()) continue;
    std::vector<const ElfSymbol*> variables = variables_of(elf, i);
    if (variables.empty()) {
      return refused("object-map", fmt::format("section '{}' defines maps without names", section.name), {},
                     "define maps as global variables, outside of functions");
    }
    for (size_t k = 0; k < variables.size(); k++) {
      const uint64_t end = k + 1 < variables.size() ? variables[k + 1]->value : section.size;
      Result<Legacy> map = read_legacy(section, *variables[k], std::min(end, section.size));
      if (!map) return map.error();
      all.push_back(std::move(*map));
      sections.push_back(i);
    }
  }
  const auto first = static_cast<uint32_t>(maps.size());
  for (size_t i = 0; i < all.size(); i++) {
    const Legacy& map = all[i];
    MapDefinition definition;
    definition.map.name = map.name;
    definition.map.def = {static_cast<isa::MapType>(map.word[0]), map.word[1], map.word[2], map.word[3], map.word[4]};
    definition.elf_section = sections[i];
    definition.offset = map.offset;
    if (!judged && says_more(map)) {
      return bad_map(map.name, "says more in its definition than type, sizes, entries and flags",
                     "leave id, pinning and the like out, or define it by BTF in SEC(\".maps\")");
    }
    const bool of_maps = map.word[0] == kArrayOfMaps || map.word[0] == kHashOfMaps;
    if (judged && of_maps) {
      std::optional<size_t> inner = inner_of(all, map);
      if (!inner) {
        return bad_map(map.name, "is a map of maps that does not say which maps it holds",
                       "name one by inner_map_idx, or by id and inner_id");
      }
      definition.map.inner = first + static_cast<uint32_t>(*inner);
    }
    if (auto problem = judged ? broken_linux_rule(definition.map.def) : broken_rule(definition.map.def))
      return bad_map(map.name, *problem, "correct the map's definition");
    maps.push_back(std::move(definition));
  }
  return std::nullopt;
}

}  // namespace perdita::object
