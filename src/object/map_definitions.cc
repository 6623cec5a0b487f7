// SPDX-License-Identifier: Apache-2.0
#include "object/map_definitions.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "object/legacy_maps.h"
#include "object/map_rules.h"
#include "object/map_types.h"
#include "object/refusal.h"

namespace perdita::object {
namespace {

constexpr std::string_view kMapSection = ".maps";
constexpr uint32_t kPinByName = 1;  // LIBBPF_PIN_BY_NAME

Diagnostic bad_map(std::string_view name, std::string problem, std::string hint) {
  return refused("object-map", fmt::format("the map '{}' {}", name, problem), {}, std::move(hint));
}

// What the members of one map's structure say. __uint(name, N) is a pointer to an array of N elements, __type(name, T)
// a pointer to T (libbpf, bpf_helpers.h).
struct Attributes {
  uint32_t type = 0, key_size = 0, value_size = 0, max_entries = 0, flags = 0, pinning = 0;
  uint32_t tail_instructions = 0, tail_stack = 0;
  std::optional<uint64_t> values;         // bytes from the structure's start
  uint32_t values_type = 0;               // BTF type of the member
  uint32_t key_type = 0, value_type = 0;  // of BTF; 0: only a size
};

class MapReader {
 public:
  MapReader(const Btf& btf, std::string name, bool judged) : btf_(btf), name_(std::move(name)), judged_(judged) {}

  std::optional<Diagnostic> read(const Type& structure, Attributes& out) {
    for (const TypeMember& member : structure.members) {
      if (std::optional<Diagnostic> error = read_member(member, out)) return error;
    }
    return std::nullopt;
  }

 private:
  std::optional<Diagnostic> read_member(const TypeMember& member, Attributes& out) {
    const Type& type = btf_.type(btf_.resolve(member.type));
    if (member.name == "values") {
      out.values = member.bit_offset / 8;
      out.values_type = member.type;
      return std::nullopt;
    }
    if (type.kind != TypeKind::pointer) return shape(member);
    if (member.name == "key" || member.name == "value") {
      if (std::string special = special_field(type.target, 0); !special.empty()) {
        return bad_map(name_, fmt::format("has a '{}' that holds {}, which is not supported", member.name, special),
                       "keep plain data in maps");
      }
      std::optional<uint64_t> size = btf_.size_of(type.target);
      if (!size || *size > UINT32_MAX) return shape(member);
      (member.name == "key" ? out.key_type : out.value_type) = type.target;
      return set(member.name == "key" ? out.key_size : out.value_size, static_cast<uint32_t>(*size), member);
    }
    const Type& number = btf_.type(btf_.resolve(type.target));
    if (number.kind != TypeKind::array) return shape(member);
    const std::pair<std::string_view, uint32_t*> fields[] = {{"type", &out.type},
                                                             {"key_size", &out.key_size},
                                                             {"value_size", &out.value_size},
                                                             {"max_entries", &out.max_entries},
                                                             {"map_flags", &out.flags},
                                                             {"pinning", &out.pinning},
                                                             {"tail_instructions", &out.tail_instructions},
                                                             {"tail_stack", &out.tail_stack}};
    for (auto [name, field] : fields) {
      if (member.name == name) return set(*field, number.elements, member);
    }
    if (judged_) return std::nullopt;  // says how Linux makes the map, not what programs may do with it
    return bad_map(name_, fmt::format("has a field '{}' that is not supported", printable(member.name)),
                   "a map has type, key or key_size, value or value_size, max_entries, map_flags, pinning; a program "
                   "array tail_instructions, tail_stack, values");
  }

  // What the kernel treats by itself inside a map's value, by its name; empty where there is nothing of that kind. A
  // type that does not end is refused elsewhere: it has no size.
  std::string special_field(uint32_t id, unsigned depth) const {
    if (depth > kMaxTypeDepth) return {};
    const Type& type = btf_.type(btf_.resolve(id));
    if (type.kind == TypeKind::array) return special_field(type.target, depth + 1);
    if (type.kind == TypeKind::pointer) return pointer_tag(type.target);
    if (!type.composite()) return {};
    constexpr std::string_view kSpecial[] = {"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer",   "bpf_wq",
                                             "bpf_list_head", "bpf_list_node",     "bpf_rb_root", "bpf_rb_node",
                                             "bpf_refcount",  "bpf_task_work"};
    for (std::string_view name : kSpecial) {
      if (type.name == name) return fmt::format("a struct {}", name);
    }
    for (const TypeMember& member : type.members) {
      if (std::string found = special_field(member.type, depth + 1); !found.empty()) return found;
    }
    return {};
  }

  // __kptr and its kin are type tags of what a pointer points to (libbpf, bpf_helpers.h).
  std::string pointer_tag(uint32_t id) const {
    for (unsigned depth = 0; depth < kMaxTypeDepth; depth++) {
      const Type& type = btf_.type(id);
      if (type.kind != TypeKind::type_tag) return {};
      if (type.name.find("kptr") != std::string_view::npos || type.name == "uptr") {
        return fmt::format("a pointer marked '{}'", type.name);
      }
      id = type.target;
    }
    return {};
  }

  std::optional<Diagnostic> set(uint32_t& field, uint32_t value, const TypeMember& member) const {
    if (field != 0 && field != value) {
      return bad_map(name_, fmt::format("says its '{}' twice: {} and {}", printable(member.name), field, value),
                     "give the type or the size, not both");
    }
    field = value;
    return std::nullopt;
  }

  Diagnostic shape(const TypeMember& member) const {
    return bad_map(name_, fmt::format("has a field '{}' that cannot be read", printable(member.name)),
                   "write fields as __uint(name, number) and __type(name, type) from bpf/bpf_helpers.h");
  }

  const Btf& btf_;
  std::string name_;
  bool judged_;
};

constexpr bool is_map_of_maps(uint32_t type) { return type == 12 || type == 13; }

// __array(values, struct …) of a map of maps: what the maps that it holds are like.
Result<isa::MapDef> inner_definition(const Btf& btf, const std::string& name, const Attributes& outer) {
  const Type& array = btf.type(btf.resolve(outer.values_type));
  const Type& pointer = btf.type(btf.resolve(array.target));
  const Type& structure = btf.type(btf.resolve(pointer.target));
  if (!outer.values || array.kind != TypeKind::array || pointer.kind != TypeKind::pointer ||
      structure.kind != TypeKind::structure) {
    return bad_map(name, "is a map of maps that does not say which maps it holds",
                   "add __array(values, struct { … }), the structure of such a map");
  }
  Attributes inner;
  if (auto error = MapReader(btf, name + ".inner", true).read(structure, inner)) return *error;
  isa::MapDef def = {static_cast<isa::MapType>(inner.type), inner.key_size, inner.value_size, inner.max_entries,
                     inner.flags};
  if (is_map_of_maps(inner.type)) return bad_map(name, "holds maps of maps", "two levels are all that there is");
  if (auto problem = broken_linux_rule(def)) return bad_map(name + ".inner", *problem, "correct its definition");
  return def;
}

// A slot's program stands as a pointer behind the structure: a relocation to the program's symbol.
std::optional<Diagnostic> read_presets(const ElfFile& elf, const std::string& name, const Attributes& attributes,
                                       const ElfSymbol& symbol, MapDefinition& definition) {
  constexpr uint64_t kPointerBytes = 8;
  for (const ElfRelocation& relocation : elf.relocations[symbol.section]) {
    if (relocation.offset < symbol.value || relocation.offset - symbol.value >= symbol.size) continue;
    const uint64_t at = relocation.offset - symbol.value;
    const ElfSymbol& target = elf.symbols[relocation.symbol];
    if (!attributes.values || at < *attributes.values || (at - *attributes.values) % kPointerBytes != 0 ||
        target.kind != SymbolKind::function) {
      return bad_map(name, fmt::format("names '{}' where no program can stand", printable(target.name)),
                     "write .values = { [0] = &program }, with a program that is not static");
    }
    const uint64_t slot = (at - *attributes.values) / kPointerBytes;
    if (slot >= attributes.max_entries) {
      return bad_map(name, fmt::format("has a value for slot {} of {}", slot, attributes.max_entries),
                     "raise max_entries, or leave the value out");
    }
    definition.presets[static_cast<uint32_t>(slot)] = target.name;
  }
  return std::nullopt;
}

// What only program arrays have: a declaration for what they may hold, and programs from the start.
std::optional<Diagnostic> read_tail(const ElfFile& elf, const std::string& name, const Attributes& attributes,
                                    const ElfSymbol& symbol, MapDefinition& definition) {
  constexpr uint32_t kMostStackBytes = isa::kFrameStackBytes * isa::kMaxFrames;
  const bool is_prog_array = attributes.type == static_cast<uint32_t>(isa::MapType::prog_array);
  if (attributes.values && !is_prog_array) {
    return bad_map(name, "has initial values ('values'), which only program arrays may have here",
                   "leave 'values' out and fill the map after it is installed");
  }
  if (!is_prog_array && (attributes.tail_instructions != 0 || attributes.tail_stack != 0)) {
    return bad_map(name,
                   fmt::format("has a '{}', but is no program array",
                               attributes.tail_instructions != 0 ? "tail_instructions" : "tail_stack"),
                   "declare that for BPF_MAP_TYPE_PROG_ARRAY only");
  }
  if (attributes.tail_stack > kMostStackBytes) {
    return bad_map(name,
                   fmt::format("has a tail_stack of {} bytes; at most {}", attributes.tail_stack, kMostStackBytes),
                   "declare what the programs need: perdita verify says it");
  }
  if (attributes.tail_stack != 0 && attributes.tail_instructions == 0) {
    return bad_map(name, "has a tail_stack without tail_instructions", "declare both");
  }
  definition.map.tail_instructions = attributes.tail_instructions;
  definition.map.tail_stack_bytes = attributes.tail_stack;
  return read_presets(elf, name, attributes, symbol, definition);
}

// Of what is shared it is told what it is made of.
std::optional<Diagnostic> describe_types(const Btf& btf, const Attributes& attributes, Map& map) {
  if (!map.pinned || map.def.type == isa::MapType::prog_array) return std::nullopt;
  if (attributes.key_type == 0 && attributes.value_type == 0) return std::nullopt;
  const auto form = types_form(btf, attributes.key_type, attributes.value_type);
  if (!form) {
    return bad_map(map.name, "is pinned, and its key or value has too many members to compare",
                   "use arrays for what repeats");
  }
  map.types = types_digest(*form);
  return std::nullopt;
}

Result<MapDefinition> define_map(const ElfFile& elf, const Btf& btf, const SectionEntry& entry, bool judged) {
  const Type& variable = btf.type(entry.type);
  std::string name = printable(variable.name);
  if (variable.kind != TypeKind::variable) return malformed("the BTF of .maps holds something that is no variable");
  const ElfSymbol* symbol = nullptr;
  for (const ElfSymbol& candidate : elf.symbols) {
    bool here = candidate.section != kUndefinedSection && candidate.section < elf.sections.size() &&
                elf.sections[candidate.section].name == kMapSection;
    if (here && candidate.kind == SymbolKind::object && candidate.name == name) symbol = &candidate;
  }
  if (symbol == nullptr) {
    return bad_map(name, "has no symbol of its own in .maps", "define maps as global variables, outside of functions");
  }
  const Type& structure = btf.type(btf.resolve(variable.target));
  if (structure.kind != TypeKind::structure) {
    return bad_map(name, "is not defined by a structure", "use struct { __uint(type, …); … } name SEC(\".maps\")");
  }
  Attributes attributes;
  if (auto error = MapReader(btf, name, judged).read(structure, attributes)) return *error;
  if (!judged && attributes.pinning > kPinByName) {
    return bad_map(name, fmt::format("is pinned in a way that is not supported ({})", attributes.pinning),
                   "use __uint(pinning, LIBBPF_PIN_BY_NAME)");
  }
  MapDefinition definition;
  if (!judged) {
    if (auto error = read_tail(elf, name, attributes, *symbol, definition)) return *error;
  } else if (is_map_of_maps(attributes.type)) {
    Result<isa::MapDef> inner = inner_definition(btf, name, attributes);
    if (!inner) return inner.error();
    definition.inner = *inner;
  }
  definition.map.name = name;
  definition.map.def = {static_cast<isa::MapType>(attributes.type), attributes.key_size, attributes.value_size,
                        attributes.max_entries, attributes.flags};
  definition.map.pinned = attributes.pinning == kPinByName;
  definition.elf_section = symbol->section;
  definition.offset = symbol->value;
  if (auto problem = judged ? broken_linux_rule(definition.map.def) : broken_rule(definition.map.def))
    return bad_map(name, *problem, "correct the map's definition");
  if (auto error = describe_types(btf, attributes, definition.map)) return *error;
  return definition;
}

// ".data" and ".data.hot" are data, ".database" is not.
bool names_data(std::string_view section, std::string_view kind) {
  return section.starts_with(kind) && (section.size() == kind.size() || section[kind.size()] == '.');
}

std::optional<MapOrigin> data_origin(const ElfSection& section) {
  if (!section.allocated() || section.executable() || section.size == 0) return std::nullopt;
  if (names_data(section.name, ".rodata")) return MapOrigin::rodata;
  if (names_data(section.name, ".data")) return MapOrigin::data;
  if (names_data(section.name, ".bss")) return MapOrigin::bss;
  return std::nullopt;
}

Result<MapDefinition> data_map(const ElfFile& elf, uint32_t index, MapOrigin origin) {
  const ElfSection& section = elf.sections[index];
  if (section.size > isa::kMaxValueBytes) {
    return bad_map(section.name,
                   fmt::format("holds {} bytes of variables; at most {}", section.size, isa::kMaxValueBytes),
                   "make the program's variables smaller");
  }
  if (section.in_file() == (origin == MapOrigin::bss)) {
    return malformed(
        fmt::format("section '{}' has initial bytes where it should not, or none where it should", section.name));
  }
  if (!elf.relocations[index].empty()) {
    const ElfSymbol& symbol = elf.symbols[elf.relocations[index][0].symbol];
    return refused(
        "object-data-relocation",
        fmt::format("a variable in '{}' holds the address of '{}' from the start", section.name, symbol.name), {},
        "set the pointer in the program: addresses are not known before the program is linked on the board");
  }
  MapDefinition definition;
  definition.map.name = section.name;
  definition.map.def = {isa::MapType::array, 4, static_cast<uint32_t>(section.size), 1,
                        origin == MapOrigin::rodata ? uint32_t{isa::kMapReadOnlyForProg} : 0};
  definition.map.origin = origin;
  definition.map.initial = section.bytes;
  definition.elf_section = index;
  return definition;
}

}  // namespace

namespace {

// In no section: nothing but a map of maps, or a name, refers to it.
constexpr uint32_t kNowhere = UINT32_MAX - 2;

// The settings of the kernel that programs read as variables: each at a multiple of 8, all of them unknown.
std::optional<MapDefinition> kconfig_map(const Btf& btf) {
  const Type* section = btf.find_section(".kconfig");
  if (section == nullptr) return std::nullopt;
  MapDefinition definition;
  uint64_t size = 0;
  for (const SectionEntry& entry : section->entries) {
    const Type& variable = btf.type(entry.type);
    std::optional<uint64_t> bytes = btf.size_of(variable.target);
    if (!bytes || *bytes > 4096 || size > isa::kMaxValueBytes - 8192) return std::nullopt;
    definition.externs[printable(variable.name)] = static_cast<uint32_t>(size);
    size += (*bytes + 7) & ~uint64_t{7};
  }
  if (size == 0) return std::nullopt;
  definition.map.name = ".kconfig";
  definition.map.def = {isa::MapType::array, 4, static_cast<uint32_t>(size), 1, isa::kMapReadOnlyForProg};
  definition.elf_section = kNowhere;
  return definition;
}

// The maps that maps of maps hold, as maps of their own behind all others.
void add_inner_maps(std::vector<MapDefinition>& maps) {
  for (size_t i = 0, outer = maps.size(); i < outer; i++) {
    if (!maps[i].inner) continue;
    MapDefinition inner;
    inner.map.name = maps[i].map.name + ".inner";
    inner.map.def = *maps[i].inner;
    inner.elf_section = kNowhere;
    maps[i].map.inner = static_cast<uint32_t>(maps.size());
    maps.push_back(std::move(inner));
  }
}

}  // namespace

Result<std::vector<MapDefinition>> define_maps(const ElfFile& elf, const Btf* btf, bool judged) {
  const size_t most = judged ? kMaxJudged / 4 : isa::kMaxMaps;
  const ElfSection* section = elf.find(kMapSection);
  const Type* types = btf == nullptr ? nullptr : btf->find_section(kMapSection);
  if (section != nullptr && section->size != 0 && types == nullptr) {
    return refused("object-map", "the object has maps, but no BTF that describes them", {}, "compile with -g");
  }
  std::vector<MapDefinition> maps;
  auto too_many = [&] { return maps.size() > most; };
  if (types != nullptr) {
    for (const SectionEntry& entry : types->entries) {
      Result<MapDefinition> map = define_map(elf, *btf, entry, judged);
      if (!map) return map.error();
      maps.push_back(std::move(*map));
      if (too_many()) break;
    }
  }
  if (!too_many()) {
    if (auto error = define_legacy_maps(elf, judged, maps)) return *error;
  }
  for (uint32_t i = 0; i < elf.sections.size() && !too_many(); i++) {
    std::optional<MapOrigin> origin = data_origin(elf.sections[i]);
    if (!origin) continue;
    Result<MapDefinition> map = data_map(elf, i, *origin);
    if (!map) return map.error();
    maps.push_back(std::move(*map));
  }
  if (too_many()) {
    return refused("object-too-many", fmt::format("the object has more than {} maps", most), {},
                   "split the object, or put data of several maps into one");
  }
  if (judged && btf != nullptr) {
    if (std::optional<MapDefinition> kconfig = kconfig_map(*btf)) maps.push_back(std::move(*kconfig));
  }
  add_inner_maps(maps);
  for (MapDefinition& definition : maps) {
    if (judged) mark_read_only(definition.map.def);
  }
  return maps;
}

}  // namespace perdita::object
