// SPDX-License-Identifier: Apache-2.0
#include "object/dump.h"

#include <fmt/format.h>

#include "isa/disassemble.h"
#include "isa/helpers.h"

namespace perdita::object {
namespace {

std::string_view type_name(isa::MapType type) {
  switch (type) {
    case isa::MapType::hash:
      return "hash";
    case isa::MapType::array:
      return "array";
    case isa::MapType::prog_array:
      return "prog_array";
    case isa::MapType::lru_hash:
      return "lru_hash";
    case isa::MapType::queue:
      return "queue";
    case isa::MapType::stack:
      return "stack";
    case isa::MapType::ring_buffer:
      return "ring_buffer";
  }
  return "unknown";
}

template <typename T>
std::string name_at(const std::vector<T>& list, int32_t index, std::string_view kind) {
  if (index < 0 || static_cast<size_t>(index) >= list.size()) return {};
  if constexpr (std::is_same_v<T, std::string>) {
    return fmt::format("{} {}", kind, list[static_cast<size_t>(index)]);
  } else {
    return fmt::format("{} {}", kind, list[static_cast<size_t>(index)].name);
  }
}

std::string subprogram_at(const Prog& prog, int64_t instruction) {
  for (const Subprogram& subprogram : prog.subprograms) {
    if (subprogram.first == instruction) return subprogram.name;
  }
  return {};
}

// What the instruction refers to by number, in words; empty where it refers to nothing.
std::string meaning(const Module& module, const Prog& prog, uint32_t index) {
  const isa::Insn& insn = prog.code[index];
  int64_t target = int64_t{index} + insn.imm + 1;
  if (insn.opcode == isa::kLddw) {
    switch (insn.src()) {
      case isa::kLddwFunction:
        return subprogram_at(prog, target);
      case isa::kLddwMap:
        return name_at(module.maps, insn.imm, "map");
      case isa::kLddwMapValue:
        return name_at(module.maps, insn.imm, "value of");
      default:
        return {};
    }
  }
  if (insn.opcode != (isa::kJmp | isa::kCall)) return {};
  switch (insn.src()) {
    case isa::kCallLocal:
      return subprogram_at(prog, target);
    case isa::kCallFunction:
      return name_at(module.functions, insn.imm, "function");
    default: {
      const perdita_function* helper = isa::find_helper(static_cast<uint32_t>(insn.imm));
      return helper == nullptr ? std::string() : fmt::format("helper {}", helper->name);
    }
  }
}

}  // namespace

std::string dump_summary(const Module& module) {
  std::string out = fmt::format("module {}\n", module.name);
  for (const Prog& prog : module.progs) {
    out += fmt::format("program {}  section {}  instructions {}\n", prog.name, prog.section, prog.code.size());
    for (const Subprogram& subprogram : prog.subprograms) {
      out += fmt::format("  function {}  first {}  instructions {}\n", subprogram.name, subprogram.first,
                         subprogram.count);
    }
  }
  for (const Map& map : module.maps) {
    out +=
        fmt::format("map {}  type {}  key {}  value {}  entries {}{}{}\n", map.name, type_name(map.def.type),
                    map.def.key_size, map.def.value_size, map.def.max_entries,
                    (map.def.flags & isa::kMapReadOnlyForProg) != 0 ? "  read-only" : "", map.pinned ? "  pinned" : "");
    if (map.types) out += fmt::format("  types {:02x}\n", fmt::join(*map.types, ""));
    if (map.tail_instructions != 0) {
      out += fmt::format("  a program  instructions {}  stack {}\n", map.tail_instructions, map.tail_stack_bytes);
    }
    for (const auto& [slot, prog] : map.presets) out += fmt::format("  slot {}  {}\n", slot, module.progs[prog].name);
  }
  for (const std::string& function : module.functions) out += fmt::format("calls {}\n", function);
  return out;
}

std::string dump_instructions(const Module& module, const Prog& prog, bool source, const Margin& margin) {
  const std::vector<std::string>& notes = margin.notes;
  std::string out;
  size_t next_line = 0;
  size_t next_subprogram = 0;
  for (uint32_t i = 0; i < prog.code.size(); i++) {
    if (next_subprogram < prog.subprograms.size() && prog.subprograms[next_subprogram].first == i) {
      out += fmt::format("{}:\n", prog.subprograms[next_subprogram++].name);
    }
    if (next_line < prog.lines.size() && prog.lines[next_line].instruction == i) {
      const SourceLine& line = prog.lines[next_line++];
      if (source && line.line != 0) out += fmt::format("; {}:{}: {}\n", line.file, line.line, line.text);
    }
    if (i < margin.before.size()) out += margin.before[i];
    bool wide = prog.code[i].opcode == isa::kLddw && i + 1 < prog.code.size();
    std::string text = fmt::format("{:5}: {}", i, isa::disassemble(prog.code[i], wide ? &prog.code[i + 1] : nullptr));
    std::string means = meaning(module, prog, i);
    if (i < notes.size() && !notes[i].empty()) means += (means.empty() ? "" : "; ") + notes[i];
    out += means.empty() ? text + "\n" : fmt::format("{:<48} ; {}\n", text, means);
    if (i < margin.behind.size()) out += margin.behind[i];
    if (wide) i++;
  }
  return out;
}

}  // namespace perdita::object
