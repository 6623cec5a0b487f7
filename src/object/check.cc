// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/helpers.h"
#include "isa/validate.h"
#include "object/code.h"
#include "object/judged_code.h"
#include "object/linux_helpers.h"
#include "object/load.h"
#include "object/map_rules.h"
#include "object/refusal.h"
#include "wire/image.h"

namespace perdita::object {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The C identifiers that functions and variables have, and '.' for sections of data and for names that LLVM makes.
bool is_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '$';
  });
}

std::optional<Diagnostic> check_name(const Module& module, const std::string& kind, const std::string& name) {
  if (module.judged && !name.empty()) return std::nullopt;  // a section's name, of any length
  if (!is_name(name)) {
    return malformed(fmt::format("the {} '{}' has a name that no compiler gives", kind, printable(name)));
  }
  if (name.size() <= wire::kMaxNameBytes) return std::nullopt;
  return refused(
      "object-name-too-long",
      fmt::format("the name of the {} '{}' has {} bytes; at most {} fit", kind, name, name.size(), wire::kMaxNameBytes),
      {}, "choose a shorter name");
}

Place place_of(const Prog& prog, uint32_t instruction) {
  CodeSection section;
  section.lines = prog.lines;
  return section.place(instruction);
}

std::optional<Diagnostic> check_shape(const Prog& prog) {
  bool covered = !prog.subprograms.empty() && prog.subprograms.size() <= wire::kMaxSubprograms && !prog.code.empty() &&
                 prog.code.size() <= kMaxInstructions;
  uint64_t at = 0;
  for (const Subprogram& subprogram : prog.subprograms) {
    covered = covered && subprogram.first == at && subprogram.count != 0;
    at += subprogram.count;
  }
  if (!covered || at != prog.code.size()) {
    return malformed(fmt::format("the functions of the program '{}' do not cover its instructions", prog.name));
  }
  int64_t before = -1;
  for (const SourceLine& line : prog.lines) {
    if (line.instruction <= before || line.instruction >= prog.code.size()) {
      return malformed(fmt::format("the source lines of the program '{}' are not in order", prog.name));
    }
    before = line.instruction;
  }
  return std::nullopt;
}

// A helper that Linux has and Perdita has not is refused by its name.
std::optional<Diagnostic> check_helpers(const Prog& prog) {
  for (uint32_t pc = 0; pc < prog.code.size(); pc++) {
    const isa::Insn& insn = prog.code[pc];
    if (insn.opcode == isa::kLddw) pc++;
    if (insn.opcode != (isa::kJmp | isa::kCall) || insn.src() != isa::kCallHelper) continue;
    const auto number = static_cast<uint32_t>(insn.imm);
    const std::string_view name = linux_helper_name(number);
    if (name.empty() || isa::find_helper(number) != nullptr) continue;
    return refused(
        "object-unknown-helper",
        fmt::format("the program '{}' calls bpf_{} (helper {}), which does not exist here", prog.name, name, number),
        place_of(prog, pc), "do without it, or have the firmware offer a function for it");
  }
  return std::nullopt;
}

std::optional<Diagnostic> check_prog(const Module& module, const Prog& prog) {
  if (auto error = check_name(module, "program", prog.name)) return error;
  if (auto error = check_shape(prog)) return error;
  if (auto error = module.judged ? std::nullopt : check_helpers(prog)) return error;
  isa::References references;
  references.maps = static_cast<uint32_t>(module.maps.size());
  references.functions = static_cast<uint32_t>(module.functions.size());
  isa::Violation violation;
  bool valid = module.judged ? validate_judged(prog.code, references, violation)
                             : isa::validate({prog.code.data(), prog.code.size()}, references, violation);
  if (valid) return std::nullopt;
  return refused("object-invalid-instruction",
                 fmt::format("the program '{}' breaks a rule of BPF: {}", prog.name, violation.reason),
                 place_of(prog, violation.instruction), "compile for -mcpu=v3; inline assembly has to keep RFC 9669");
}

// Data is an array of one value, and only .rodata cannot be written.
bool is_data(const Map& map) {
  uint32_t flags = map.origin == MapOrigin::rodata ? uint32_t{isa::kMapReadOnlyForProg} : 0;
  size_t initial = map.origin == MapOrigin::bss ? 0 : map.def.value_size;
  return map.def == isa::MapDef{isa::MapType::array, 4, map.def.value_size, 1, flags} &&
         map.initial.size() == initial && !map.pinned;
}

// What only a program array has.
bool tail_fits(const Module& module, const Map& map) {
  if (map.def.type != isa::MapType::prog_array) {
    return map.tail_instructions == 0 && map.tail_stack_bytes == 0 && map.presets.empty();
  }
  bool fits = map.tail_instructions <= UINT32_MAX && (map.tail_stack_bytes == 0 || map.tail_instructions != 0) &&
              map.tail_stack_bytes <= isa::kFrameStackBytes * isa::kMaxFrames;
  for (const auto& [slot, prog] : map.presets) {
    fits = fits && slot < map.def.max_entries && prog < module.progs.size();
  }
  return fits;
}

std::optional<Diagnostic> check_map(const Module& module, const Map& map) {
  if (auto error = check_name(module, "map", map.name)) return error;
  const bool of_maps = map.def.type == isa::MapType{12} || map.def.type == isa::MapType{13};
  if (map.inner && (!module.judged || !of_maps || *map.inner >= module.maps.size())) {
    return malformed(fmt::format("the map '{}' names a map that it cannot hold", map.name));
  }
  if (auto problem = module.judged ? broken_linux_rule(map.def) : broken_rule(map.def))
    return malformed(fmt::format("the map '{}' {}", map.name, *problem));
  if (!tail_fits(module, map)) {
    return malformed(fmt::format("what the map '{}' declares for tail calls does not fit it", map.name));
  }
  if (map.types && (!map.pinned || map.def.type == isa::MapType::prog_array)) {
    return malformed(fmt::format("the map '{}' says its types, which only maps that are shared do", map.name));
  }
  if (map.origin == MapOrigin::defined ? map.initial.empty() : is_data(map)) return std::nullopt;
  return malformed(fmt::format("the content of the map '{}' does not fit its definition", map.name));
}

}  // namespace

std::optional<Diagnostic> check(const Module& module) {
  const size_t most_progs = module.judged ? kMaxJudged : wire::kMaxProgs;
  const size_t most_maps = module.judged ? kMaxJudged : isa::kMaxMaps;
  if (module.progs.empty() || module.progs.size() > most_progs || module.maps.size() > most_maps ||
      module.functions.size() > wire::kMaxImports) {
    return malformed("the numbers of programs, maps and functions are out of bounds");
  }
  std::set<std::string> names;
  for (const Map& map : module.maps) {
    if (auto error = check_map(module, map)) return error;
    if (!names.insert(map.name).second) return malformed(fmt::format("two maps are called '{}'", map.name));
  }
  names.clear();
  for (const std::string& function : module.functions) {
    if (auto error = check_name(module, "function", function)) return error;
    if (!names.insert(function).second) return malformed(fmt::format("two functions are called '{}'", function));
  }
  names.clear();
  for (const Prog& prog : module.progs) {
    if (auto error = check_prog(module, prog)) return error;
    if (!names.insert(prog.name).second) return malformed(fmt::format("two programs are called '{}'", prog.name));
  }
  return std::nullopt;
}

}  // namespace perdita::object
