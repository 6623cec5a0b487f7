// SPDX-License-Identifier: Apache-2.0
#include "object/code.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "object/refusal.h"

namespace perdita::object {
namespace {

constexpr std::string_view kSubprogramSection = ".text";

Result<CodeSection> read_section(const ElfSection& section, uint32_t index, BtfExt& ext) {
  if (section.bytes.size() % sizeof(isa::Insn) != 0 || section.bytes.size() / sizeof(isa::Insn) > kMaxInstructions) {
    return malformed(fmt::format("section '{}' has {} bytes: not a whole number of instructions, or more than {}",
                                 section.name, section.bytes.size(), kMaxInstructions));
  }
  CodeSection code;
  code.elf_section = index;
  code.name = section.name;
  code.code.resize(section.bytes.size() / sizeof(isa::Insn));
  memcpy(code.code.data(), section.bytes.data(), section.bytes.size());
  if (auto lines = ext.lines.find(section.name); lines != ext.lines.end()) {
    code.lines = std::move(lines->second);
    if (!code.lines.empty() && code.lines.back().instruction >= code.code.size()) {
      return malformed(fmt::format("line information of '{}' is for instructions behind its end", section.name));
    }
  }
  return code;
}

// A jump's target as an index, in any width that cannot overflow; none for what does not jump.
std::optional<int64_t> jump_target(const isa::Insn& insn, uint32_t index) {
  uint8_t klass = isa::insn_class(insn.opcode);
  uint8_t op = isa::insn_op(insn.opcode);
  if ((klass != isa::kJmp && klass != isa::kJmp32) || op == isa::kCall || op == isa::kExit) return std::nullopt;
  bool wide = klass == isa::kJmp32 && op == isa::kJa;  // gotol: the distance stands in imm (RFC 9669, section 4.3)
  return int64_t{index} + 1 + (wide ? int64_t{insn.imm} : int64_t{insn.offset});
}

// Functions move apart when programs are put together, so control must stay inside each: no jump across its border,
// and nothing behind its last instruction.
std::optional<Diagnostic> check_flow(const CodeSection& section, const Function& function) {
  uint32_t end = function.first + function.count;
  isa::Insn last = section.code[end - 1];
  for (uint32_t i = function.first; i < end; i++) {
    std::optional<int64_t> target = jump_target(section.code[i], i);
    if (target && (*target < function.first || *target >= end)) {
      return malformed(fmt::format("a jump leaves the function '{}'", function.name), section.place(i));
    }
    if (section.code[i].opcode != isa::kLddw) continue;
    if (i + 1 == end)
      return malformed(fmt::format("the function '{}' ends inside an instruction", function.name), section.place(i));
    i++;
    if (i + 1 == end) last.opcode = 0;
  }
  bool ends = last.opcode == (isa::kJmp | isa::kExit) || last.opcode == (isa::kJmp | isa::kJa) ||
              last.opcode == (isa::kJmp32 | isa::kJa);
  if (ends) return std::nullopt;
  Diagnostic diagnostic =
      refused("object-falls-through", fmt::format("the function '{}' runs on behind its end", function.name),
              section.place(end - 1),
              "every path needs a return; look for undefined behaviour that "
              "let the compiler drop it, such as an endless loop or a missing return value");
  return diagnostic;
}

// Functions of a section whose symbols say no sizes: each global symbol begins one, the rest of labels means nothing.
std::vector<ElfSymbol> unsized_functions(const ElfFile& elf, const CodeSection& section) {
  const uint64_t end = section.code.size() * sizeof(isa::Insn);
  std::vector<ElfSymbol> starts;
  for (const ElfSymbol& symbol : elf.symbols) {
    bool label = symbol.kind == SymbolKind::none || symbol.kind == SymbolKind::function;
    if (label && !symbol.local && !symbol.name.empty() && symbol.section == section.elf_section && symbol.value < end)
      starts.push_back(symbol);
  }
  std::sort(starts.begin(), starts.end(), [](const ElfSymbol& a, const ElfSymbol& b) { return a.value < b.value; });
  if (starts.empty() || starts.front().value != 0) {
    ElfSymbol whole;
    whole.name = section.name;
    whole.section = section.elf_section;
    starts.insert(starts.begin(), whole);
  }
  for (size_t i = 0; i < starts.size(); i++) {
    starts[i].kind = SymbolKind::function;
    starts[i].size = (i + 1 < starts.size() ? starts[i + 1].value : end) - starts[i].value;
  }
  return starts;
}

bool has_sized_functions(const ElfFile& elf, const CodeSection& section) {
  return std::any_of(elf.symbols.begin(), elf.symbols.end(), [&section](const ElfSymbol& symbol) {
    return symbol.kind == SymbolKind::function && symbol.section == section.elf_section && symbol.size != 0;
  });
}

void find_entries_in_text(Code& code, const std::set<std::string>& globals) {
  auto any = std::any_of(code.functions.begin(), code.functions.end(), [](const Function& f) { return f.entry; });
  for (Function& function : code.functions) {
    if (function.entry || !globals.contains(function.name)) continue;
    function.entry = true;
    function.on_demand = any;
  }
}

std::optional<Diagnostic> find_functions(const ElfFile& elf, bool judged, Code& code) {
  std::set<std::string> globals;
  for (uint32_t index = 0; index < code.sections.size(); index++) {
    const CodeSection& section = code.sections[index];
    const bool unsized = judged && !has_sized_functions(elf, section);
    const std::vector<ElfSymbol> found = unsized ? unsized_functions(elf, section) : std::vector<ElfSymbol>();
    for (const ElfSymbol& symbol : unsized ? found : elf.symbols) {
      if (symbol.kind != SymbolKind::function || symbol.section != section.elf_section) continue;
      if (symbol.size == 0) {
        return refused("object-falls-through", fmt::format("the function '{}' has no instructions", symbol.name), {},
                       "the compiler found that it never returns: look for undefined behaviour in it");
      }
      uint64_t bytes = section.code.size() * sizeof(isa::Insn);
      if (symbol.value % sizeof(isa::Insn) != 0 || symbol.size % sizeof(isa::Insn) != 0 || symbol.value >= bytes ||
          symbol.size > bytes - symbol.value) {
        return malformed(fmt::format("the function '{}' does not lie in its section '{}'", symbol.name, section.name));
      }
      Function function;
      function.name = symbol.name;
      function.section = index;
      function.first = static_cast<uint32_t>(symbol.value / sizeof(isa::Insn));
      function.count = static_cast<uint32_t>(symbol.size / sizeof(isa::Insn));
      function.entry = !symbol.local && section.name != kSubprogramSection;
      if (!symbol.local) globals.insert(symbol.name);
      code.functions.push_back(std::move(function));
    }
  }
  if (judged) find_entries_in_text(code, globals);
  std::sort(code.functions.begin(), code.functions.end(), [](const Function& a, const Function& b) {
    return std::pair(a.section, a.first) < std::pair(b.section, b.first);
  });
  for (uint32_t i = 0; i < code.functions.size(); i++) {
    const Function& function = code.functions[i];
    if (i != 0) {
      const Function& before = code.functions[i - 1];
      if (before.section == function.section && before.first + before.count > function.first) {
        return refused("object-functions-overlap",
                       fmt::format("the functions '{}' and '{}' share instructions", before.name, function.name),
                       code.sections[function.section].place(function.first), "give each function a body of its own");
      }
    }
    if (std::optional<Diagnostic> error = check_flow(code.sections[function.section], function)) return error;
    code.starts[{function.section, function.first}] = i;
  }
  return std::nullopt;
}

}  // namespace

Place CodeSection::place(uint32_t instruction) const {
  Place place;
  place.instruction = instruction;
  auto after = std::upper_bound(lines.begin(), lines.end(), instruction,
                                [](uint32_t index, const SourceLine& line) { return index < line.instruction; });
  if (after == lines.begin()) return place;
  const SourceLine& line = *(after - 1);
  place.file = line.file;
  place.line = line.line;
  place.column = line.column;
  place.source = line.text;
  return place;
}

const CodeSection* Code::section_of(uint32_t elf_section) const {
  for (const CodeSection& section : sections) {
    if (section.elf_section == elf_section) return &section;
  }
  return nullptr;
}

Result<Code> read_code(const ElfFile& elf, BtfExt& ext, bool judged) {
  Code code;
  for (uint32_t i = 0; i < elf.sections.size(); i++) {
    const ElfSection& section = elf.sections[i];
    if (!section.executable() || section.size == 0) continue;
    for (const CodeSection& other : code.sections) {
      if (other.name == section.name) {
        return malformed(fmt::format("two sections of instructions are called '{}'", section.name));
      }
    }
    Result<CodeSection> decoded = read_section(section, i, ext);
    if (!decoded) return decoded.error();
    code.sections.push_back(std::move(*decoded));
  }
  if (std::optional<Diagnostic> error = find_functions(elf, judged, code)) return *error;
  return code;
}

}  // namespace perdita::object
