// SPDX-License-Identifier: Apache-2.0
//
// An ELF relocatable object as plain values: everything in it has been bounds-checked (section links, symbol indexes,
// string offsets), so the passes behind it index without asking. The only file that knows libelf. Section numbers are
// those of the file; [0] is ELF's null section. Costs memory of the order of the file's size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diag/result.h"

namespace perdita::object {

constexpr size_t kMaxObjectBytes = 16u << 20;
constexpr size_t kMaxSections = 4096;
constexpr size_t kMaxSymbols = 65536;

struct ElfSection {
  std::string name;
  uint32_t type = 0;
  uint64_t flags = 0;
  uint64_t size = 0;           // bytes
  std::vector<uint8_t> bytes;  // `size` of them; empty where the section takes no space in the file (SHT_NOBITS)

  bool executable() const;  // holds instructions
  bool allocated() const;   // is part of the running program (SHF_ALLOC)
  bool in_file() const;     // not SHT_NOBITS
};

constexpr uint32_t kUndefinedSection = 0;
constexpr uint32_t kAbsoluteSection = UINT32_MAX;    // SHN_ABS
constexpr uint32_t kCommonSection = UINT32_MAX - 1;  // SHN_COMMON

enum class SymbolKind : uint8_t { none, object, function, section, other };

struct ElfSymbol {
  std::string name;
  uint64_t value = 0;  // offset in its section
  uint64_t size = 0;
  SymbolKind kind = SymbolKind::none;
  bool local = false;  // static, or hidden
  uint32_t section = kUndefinedSection;
};

// R_BPF_… (LLVM, "BPF relocation types").
constexpr uint32_t kRelocate64 = 1;     // R_BPF_64_64: the immediate of a lddw
constexpr uint32_t kRelocateCall = 10;  // R_BPF_64_32: the immediate of a call

struct ElfRelocation {
  uint64_t offset = 0;  // bytes, in the section it changes
  uint32_t type = 0;
  uint32_t symbol = 0;  // index into ElfFile::symbols
};

struct ElfFile {
  std::vector<ElfSection> sections;
  std::vector<ElfSymbol> symbols;                       // [0] is ELF's null symbol
  std::vector<std::vector<ElfRelocation>> relocations;  // by the section they change

  const ElfSection* find(std::string_view name) const;  // the first of that name, or null
};

Result<ElfFile> read_elf(const std::vector<uint8_t>& bytes);

}  // namespace perdita::object
