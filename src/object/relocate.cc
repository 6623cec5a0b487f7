// SPDX-License-Identifier: Apache-2.0
#include "object/relocate.h"

#include <fmt/format.h>

#include <set>

#include "object/linux_helpers.h"
#include "object/refusal.h"
#include "wire/image.h"

namespace perdita::object {
namespace {

constexpr uint8_t kCallInsn = isa::kJmp | isa::kCall;

// What the BTF says about the names that the object leaves undefined.
struct Externs {
  std::set<std::string> functions;  // __ksym
  std::set<std::string> variables;  // __ksym
  std::set<std::string> settings;   // __kconfig
};

Externs read_externs(const Btf* btf) {
  Externs externs;
  if (btf == nullptr) return externs;
  if (const Type* section = btf->find_section(".ksyms")) {
    for (const SectionEntry& entry : section->entries) {
      const Type& type = btf->type(entry.type);
      (type.kind == TypeKind::function ? externs.functions : externs.variables).insert(printable(type.name));
    }
  }
  if (const Type* section = btf->find_section(".kconfig")) {
    for (const SectionEntry& entry : section->entries) externs.settings.insert(printable(btf->type(entry.type).name));
  }
  return externs;
}

class Relocator {
 public:
  Relocator(const ElfFile& elf, const Btf* btf, const std::vector<MapDefinition>& maps, bool judged, Code& code,
            std::vector<std::string>& functions)
      : elf_(elf),
        has_btf_(btf != nullptr),
        externs_(read_externs(btf)),
        maps_(maps),
        judged_(judged),
        code_(code),
        functions_(functions) {}

  std::optional<Diagnostic> run(uint32_t section) {
    section_ = section;
    CodeSection& code = code_.sections[section];
    std::set<uint32_t> done;
    for (const ElfRelocation& relocation : elf_.relocations[code.elf_section]) {
      if (relocation.offset % sizeof(isa::Insn) != 0) {
        return malformed(
            fmt::format("a relocation of '{}' points inside an instruction, at byte {}", code.name, relocation.offset));
      }
      index_ = static_cast<uint32_t>(relocation.offset / sizeof(isa::Insn));
      if (!done.insert(index_).second) return malformed("two relocations change one instruction", place());
      if (std::optional<Diagnostic> error = apply(relocation)) return error;
    }
    return check_rest(done);
  }

 private:
  Place place() const { return code_.sections[section_].place(index_); }
  isa::Insn& insn() { return code_.sections[section_].code[index_]; }

  std::optional<Diagnostic> apply(const ElfRelocation& relocation) {
    const ElfSymbol& symbol = elf_.symbols[relocation.symbol];
    if (relocation.type == kRelocateCall && insn().opcode == kCallInsn && insn().src() == isa::kCallLocal)
      return call(symbol);
    bool address = relocation.type == kRelocate64 && insn().opcode == isa::kLddw && insn().src() == isa::kLddwImm;
    if (!address || index_ + 1 >= code_.sections[section_].code.size()) {
      return malformed(
          fmt::format("a relocation (type {}, '{}') does not fit its instruction", relocation.type, name(symbol)),
          place());
    }
    return load_address(symbol);
  }

  std::optional<Diagnostic> call(const ElfSymbol& symbol) {
    if (symbol.section == kUndefinedSection) {
      const uint32_t helper = judged_ ? linux_helper_number(symbol.name) : 0;
      if (helper != 0) {  // declared as a function: loaders look it up by its name
        insn().regs = isa::make_regs(0, isa::kCallHelper);
        insn().imm = static_cast<int32_t>(helper);
        return std::nullopt;
      }
      if (!externs_.functions.contains(symbol.name)) return undefined(symbol);
      insn().regs = isa::make_regs(0, isa::kCallFunction);
      return import(symbol);
    }
    // The distance in the instruction counts from behind it; the compiler leaves -1 where the symbol says it all.
    int64_t start = static_cast<int64_t>(symbol.value / sizeof(isa::Insn)) + insn().imm + 1;
    return local_function(symbol, start);
  }

  std::optional<Diagnostic> import(const ElfSymbol& symbol) {
    for (size_t i = 0; i < functions_.size(); i++) {
      if (functions_[i] != symbol.name) continue;
      insn().imm = static_cast<int32_t>(i);
      return std::nullopt;
    }
    if (functions_.size() == wire::kMaxImports) {
      return refused("object-too-many",
                     fmt::format("the object calls more than {} functions of the platform", wire::kMaxImports), place(),
                     "split the object");
    }
    insn().imm = static_cast<int32_t>(functions_.size());
    functions_.push_back(symbol.name);
    return std::nullopt;
  }

  std::optional<Diagnostic> local_function(const ElfSymbol& symbol, int64_t start) {
    if (start >= 0 && start < kMaxInstructions) {
      for (uint32_t i = 0; i < code_.sections.size(); i++) {
        if (code_.sections[i].elf_section != symbol.section) continue;
        auto function = code_.starts.find({i, static_cast<uint32_t>(start)});
        if (function == code_.starts.end()) break;
        code_.targets[{section_, index_}] = function->second;
        return std::nullopt;
      }
    }
    return malformed(fmt::format("a reference to '{}' does not lead to the start of a function", name(symbol)),
                     place());
  }

  std::optional<Diagnostic> load_address(const ElfSymbol& symbol) {
    if (symbol.section == kUndefinedSection && judged_) return judged_extern(symbol);
    if (symbol.section == kUndefinedSection) return undefined(symbol);
    if (symbol.section == kCommonSection) {
      return refused("object-common-symbol", fmt::format("the variable '{}' has no section yet", symbol.name), place(),
                     "compile with -fno-common");
    }
    isa::Insn& low = insn();
    isa::Insn& high = code_.sections[section_].code[index_ + 1];
    // The addend stands in the instruction; it may be negative (LLVM, "BPF relocation types").
    int64_t addend = static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint32_t>(high.imm)) << 32 |
                                          static_cast<uint32_t>(low.imm));
    constexpr int64_t kBound = int64_t{1} << 32;  // keeps the sum below from overflowing
    if (symbol.value > static_cast<uint64_t>(kBound) || addend > kBound || addend < -kBound) return outside(symbol);
    int64_t offset = static_cast<int64_t>(symbol.value) + addend;

    if (code_.section_of(symbol.section) != nullptr) {
      if (offset % static_cast<int64_t>(sizeof(isa::Insn)) != 0) return outside(symbol);
      low.regs = isa::make_regs(low.dst(), isa::kLddwFunction);
      high.imm = 0;
      return local_function(symbol, offset / static_cast<int64_t>(sizeof(isa::Insn)));
    }
    for (size_t i = 0; i < maps_.size(); i++) {
      const MapDefinition& definition = maps_[i];
      if (definition.elf_section != symbol.section) continue;
      bool data = definition.map.origin != MapOrigin::defined;
      if (data && (offset < 0 || offset >= definition.map.def.value_size)) return outside(symbol);
      if (!data && offset != static_cast<int64_t>(definition.offset)) continue;
      low.regs = isa::make_regs(low.dst(), data ? isa::kLddwMapValue : isa::kLddwMap);
      low.imm = static_cast<int32_t>(i);
      high.imm = data ? static_cast<int32_t>(offset) : 0;
      return std::nullopt;
    }
    std::string_view section =
        symbol.section < elf_.sections.size() ? std::string_view(elf_.sections[symbol.section].name) : "no section";
    return refused("object-foreign-section",
                   fmt::format("the program uses '{}' in '{}', which is not loaded", name(symbol), section), place(),
                   "programs can use variables in .data, .rodata and .bss, and maps in .maps");
  }

  // Of the system that the program is judged for: its settings.
  std::optional<Diagnostic> judged_extern(const ElfSymbol& symbol) {
    isa::Insn& low = insn();
    isa::Insn& high = code_.sections[section_].code[index_ + 1];
    for (size_t i = 0; i < maps_.size(); i++) {
      auto variable = maps_[i].externs.find(printable(symbol.name));
      if (variable == maps_[i].externs.end()) continue;
      low.regs = isa::make_regs(low.dst(), isa::kLddwMapValue);
      low.imm = static_cast<int32_t>(i);
      high.imm = static_cast<int32_t>(variable->second);
      return std::nullopt;
    }
    return undefined(symbol);
  }

  Diagnostic outside(const ElfSymbol& symbol) const {
    Diagnostic diagnostic =
        refused("object-address-outside", fmt::format("an address lies outside of '{}'", name(symbol)), place(),
                "keep pointers inside the variable they were made from; write the comparison with an index");
    return diagnostic;
  }

  Diagnostic undefined(const ElfSymbol& symbol) const {
    if (externs_.settings.contains(symbol.name)) {
      return refused("object-kconfig", fmt::format("'{}' is a kernel setting (__kconfig)", symbol.name), place(),
                     "a microcontroller has no Kconfig: use a constant of the platform's header");
    }
    if (externs_.variables.contains(symbol.name)) {
      return refused("object-extern-variable", fmt::format("'{}' is a variable of the firmware (__ksym)", symbol.name),
                     place(), "only functions of the platform can be reached by name");
    }
    if (externs_.functions.contains(symbol.name)) {
      return refused("object-function-address",
                     fmt::format("the address of the platform's function '{}' is taken", symbol.name), place(),
                     "functions of the platform can be called, not pointed to or tested for");
    }
    return refused("object-undefined-symbol", fmt::format("'{}' is not defined in the object", symbol.name), place(),
                   has_btf_
                       ? "declare a function of the platform by including its header (__ksym); define everything else"
                       : "compile with -g: without BTF the functions of the platform are not known from mistakes");
  }

  // References are made here and nowhere else: what looks like one without a relocation is forged. Calls in one section
  // come without a relocation.
  std::optional<Diagnostic> check_rest(const std::set<uint32_t>& done) {
    const std::vector<isa::Insn>& code = code_.sections[section_].code;
    for (index_ = 0; index_ < code.size(); index_++) {
      bool wide = insn().opcode == isa::kLddw;
      if (!done.contains(index_)) {
        bool forged =
            (wide && insn().src() != isa::kLddwImm) || (insn().opcode == kCallInsn && insn().src() > isa::kCallLocal);
        if (forged) return malformed("an instruction refers to something without a relocation", place());
        if (insn().opcode == kCallInsn && insn().src() == isa::kCallLocal) {
          auto function = code_.starts.find({section_, static_cast<uint32_t>(int64_t{index_} + 1 + insn().imm)});
          if (function == code_.starts.end())
            return malformed("a call does not lead to the start of a function", place());
          code_.targets[{section_, index_}] = function->second;
        }
      }
      if (!wide) continue;
      index_++;
      if (done.contains(index_)) return malformed("a relocation points inside an instruction", place());
    }
    return std::nullopt;
  }

  // Symbols of sections have no name of their own.
  std::string name(const ElfSymbol& symbol) const {
    bool own = symbol.kind != SymbolKind::section || symbol.section >= elf_.sections.size();
    return own ? symbol.name : elf_.sections[symbol.section].name;
  }

  const ElfFile& elf_;
  bool has_btf_;
  Externs externs_;
  const std::vector<MapDefinition>& maps_;
  bool judged_;
  Code& code_;
  std::vector<std::string>& functions_;
  uint32_t section_ = 0;
  uint32_t index_ = 0;
};

}  // namespace

std::optional<Diagnostic> relocate(const ElfFile& elf, const Btf* btf, const std::vector<MapDefinition>& maps,
                                   bool judged, Code& code, std::vector<std::string>& functions) {
  Relocator relocator(elf, btf, maps, judged, code, functions);
  for (uint32_t i = 0; i < code.sections.size(); i++) {
    if (std::optional<Diagnostic> error = relocator.run(i)) return error;
  }
  return std::nullopt;
}

}  // namespace perdita::object
