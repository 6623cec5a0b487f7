// SPDX-License-Identifier: Apache-2.0
#include "object/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "object/btf.h"
#include "object/btf_ext.h"
#include "object/code.h"
#include "object/core_relocate.h"
#include "object/elf_file.h"
#include "object/link_programs.h"
#include "object/map_definitions.h"
#include "object/refusal.h"
#include "object/relocate.h"

namespace perdita::object {
namespace {

// "build/blink.bpf.o" -> "blink"
std::string module_name(std::string_view file_name) {
  file_name.remove_prefix(file_name.find_last_of('/') + 1);  // npos + 1 is 0
  for (std::string_view suffix : {".o", ".bpf"}) {
    if (file_name.size() > suffix.size() && file_name.ends_with(suffix)) file_name.remove_suffix(suffix.size());
  }
  return printable(file_name);
}

// The programs that a program array names.
std::optional<Diagnostic> find_presets(const Module& module, MapDefinition& definition) {
  for (const auto& [slot, name] : definition.presets) {
    uint32_t prog = 0;
    while (prog < module.progs.size() && module.progs[prog].name != name) prog++;
    if (prog == module.progs.size()) {
      return refused("object-map",
                     fmt::format("the map '{}' holds '{}', which is no program of the object", definition.map.name,
                                 printable(name)),
                     {}, "name programs: functions with SEC(\"hook\")");
    }
    definition.map.presets[slot] = prog;
  }
  return std::nullopt;
}

// Of global functions that are judged by themselves: which parameters are numbers, as the types say. The first one is
// the context otherwise.
void note_parameters(const Btf& btf, Module& module) {
  constexpr size_t kMostParameters = 5;
  for (Prog& prog : module.progs) {
    if (prog.section != ".text") continue;
    for (uint32_t id = 1; id < btf.count(); id++) {
      const Type& function = btf.type(id);
      if (function.kind != TypeKind::function || printable(function.name) != prog.name) continue;
      const std::vector<uint32_t>& parameters = btf.type(function.target).parameters;
      for (size_t i = 0; i < std::min(parameters.size(), kMostParameters); i++) {
        const Type& type = btf.type(btf.resolve(parameters[i]));
        bool number = type.kind == TypeKind::integer || type.enumerated();
        if (number) prog.number_args |= static_cast<uint8_t>(1u << i);
      }
    }
  }
}

Result<Module> load_passes(const std::vector<uint8_t>& bytes, std::string_view file_name,
                           const std::vector<uint8_t>* platform_btf, Purpose purpose) {
  const bool judged = purpose == Purpose::judge;
  // Bytes to tables: ELF, and where the object has them, types and what is known about instructions.
  Result<ElfFile> elf = read_elf(bytes);
  if (!elf) return elf.error();
  std::optional<Btf> btf;
  BtfExt ext;
  if (const ElfSection* section = elf->find(".BTF"); section != nullptr && section->in_file()) {
    Result<Btf> read = Btf::read(section->bytes, "the object's BTF");
    if (!read) return read.error();
    btf = std::move(*read);
    if (const ElfSection* more = elf->find(".BTF.ext"); more != nullptr && more->in_file()) {
      Result<BtfExt> read_ext = read_btf_ext(more->bytes, *btf);
      if (!read_ext) return read_ext.error();
      ext = std::move(*read_ext);
    }
  }
  const Btf* types = btf ? &*btf : nullptr;

  // Sections to functions.
  Result<Code> code = read_code(*elf, ext, judged);
  if (!code) return code.error();

  // CO-RE: offsets and sizes as the platform has them.
  if (types != nullptr && !judged) {
    if (auto error = resolve_core(*types, ext, platform_btf, *code)) return *error;
  }

  // Symbols to references: maps, data, functions.
  Result<std::vector<MapDefinition>> maps = define_maps(*elf, types, judged);
  if (!maps) return maps.error();
  Module module;
  module.judged = judged;
  module.name = module_name(file_name);
  if (auto error = relocate(*elf, types, *maps, judged, *code, module.functions)) return *error;

  // Functions to programs.
  Result<std::vector<Prog>> progs = link_programs(*code, judged);
  if (!progs) return progs.error();
  module.progs = std::move(*progs);
  if (judged && types != nullptr) note_parameters(*types, module);
  for (MapDefinition& definition : *maps) {
    if (auto error = find_presets(module, definition)) return *error;
    module.maps.push_back(std::move(definition.map));
  }
  if (auto error = check(module)) return *error;
  return module;
}

}  // namespace

Result<Module> load(const std::vector<uint8_t>& bytes, std::string_view file_name,
                    const std::vector<uint8_t>* platform_btf, Purpose purpose) {
  Result<Module> module = load_passes(bytes, file_name, platform_btf, purpose);
  if (module) return module;
  Diagnostic diagnostic = module.error();
  if (diagnostic.place.file.empty()) diagnostic.place.file = printable(file_name);
  return diagnostic;
}

}  // namespace perdita::object
