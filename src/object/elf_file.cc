// SPDX-License-Identifier: Apache-2.0
#include "object/elf_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <cstring>
#include <memory>
#include <optional>

#include "object/refusal.h"

namespace perdita::object {
namespace {

using Handle = std::unique_ptr<Elf, int (*)(Elf*)>;

constexpr size_t kMaxNameBytes = 1024;

Diagnostic not_bpf(std::string message, std::string need, std::string have) {
  Diagnostic diagnostic;
  diagnostic.code = "object-not-bpf";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.need = std::move(need);
  diagnostic.have = std::move(have);
  diagnostic.hint = "compile with `perdita build`, or clang -target bpf -g -O2 -c";
  return diagnostic;
}

std::optional<Diagnostic> check_header(Elf* elf, size_t file_bytes) {
  size_t ident_bytes = 0;
  const char* ident = elf_getident(elf, &ident_bytes);
  if (elf_kind(elf) != ELF_K_ELF || ident == nullptr || ident_bytes < EI_NIDENT) {
    Diagnostic diagnostic = not_bpf("this is not an ELF object", "an object that clang made for the target bpf",
                                    fmt::format("{} bytes that do not begin as ELF does", file_bytes));
    diagnostic.code = "object-not-elf";
    return diagnostic;
  }
  if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB) {
    return not_bpf("this object is not for little-endian BPF", "64-bit little-endian ELF",
                   fmt::format("ELF class {}, data encoding {}", int{ident[EI_CLASS]}, int{ident[EI_DATA]}));
  }
  GElf_Ehdr header;
  if (gelf_getehdr(elf, &header) == nullptr) return malformed("the ELF header is cut off");
  if (header.e_machine != EM_BPF) {
    return not_bpf("this object is for another machine", fmt::format("ELF machine {} (BPF)", EM_BPF),
                   fmt::format("ELF machine {}", header.e_machine));
  }
  if (header.e_type != ET_REL) {
    return not_bpf("this is not a relocatable object", "what clang -c writes",
                   fmt::format("ELF type {}", header.e_type));
  }
  return std::nullopt;
}

// A string of the string table `table`; none where the offset or the length is out of bounds.
std::optional<std::string> string_at(Elf* elf, size_t table, size_t offset) {
  const char* text = elf_strptr(elf, table, offset);
  if (text == nullptr || strnlen(text, kMaxNameBytes) == kMaxNameBytes) return std::nullopt;
  return printable(text, kMaxNameBytes);
}

std::optional<Diagnostic> read_section(Elf* elf, size_t names, Elf_Scn* scn, ElfFile& file, size_t& total_bytes,
                                       size_t file_bytes) {
  size_t index = file.sections.size();
  GElf_Shdr header;
  if (gelf_getshdr(scn, &header) == nullptr)
    return malformed(fmt::format("the header of section {} is cut off", index));
  ElfSection section;
  std::optional<std::string> name = string_at(elf, names, header.sh_name);
  if (!name) return malformed(fmt::format("the name of section {} lies outside the table of names", index));
  section.name = *name;
  section.type = header.sh_type;
  section.flags = header.sh_flags;
  section.size = header.sh_size;
  if (section.in_file()) {
    // Sections of a compiler do not overlap; a thousand that all cover the whole file would be a bomb.
    if (header.sh_size > file_bytes || (total_bytes += header.sh_size) > file_bytes) {
      return malformed(
          fmt::format("section {} '{}' is larger than the file, or sections overlap", index, section.name));
    }
    Elf_Data* data = elf_rawdata(scn, nullptr);
    if (data == nullptr || data->d_size != header.sh_size || (data->d_size != 0 && data->d_buf == nullptr)) {
      return malformed(fmt::format("the content of section {} '{}' lies outside the file", index, section.name));
    }
    const auto* begin = static_cast<const uint8_t*>(data->d_buf);
    if (data->d_size != 0) section.bytes.assign(begin, begin + data->d_size);
    if ((header.sh_flags & SHF_COMPRESSED) != 0 && section.allocated()) {
      return malformed(fmt::format("section {} '{}' is compressed", index, section.name));
    }
  }
  file.sections.push_back(std::move(section));
  return std::nullopt;
}

SymbolKind symbol_kind(unsigned type) {
  switch (type) {
    case STT_NOTYPE:
      return SymbolKind::none;
    case STT_OBJECT:
      return SymbolKind::object;
    case STT_FUNC:
      return SymbolKind::function;
    case STT_SECTION:
      return SymbolKind::section;
    default:
      return SymbolKind::other;
  }
}

std::optional<Diagnostic> read_symbols(Elf* elf, size_t table, size_t strings, ElfFile& file) {
  const std::vector<uint8_t>& bytes = file.sections[table].bytes;
  if (bytes.size() % sizeof(Elf64_Sym) != 0 || bytes.size() / sizeof(Elf64_Sym) > kMaxSymbols) {
    return malformed(fmt::format("the symbol table has {} bytes: not a whole number of symbols, or more than {}",
                                 bytes.size(), kMaxSymbols));
  }
  for (size_t offset = 0; offset < bytes.size(); offset += sizeof(Elf64_Sym)) {
    Elf64_Sym raw;
    memcpy(&raw, bytes.data() + offset, sizeof(raw));
    size_t index = file.symbols.size();
    ElfSymbol symbol;
    std::optional<std::string> name = string_at(elf, strings, raw.st_name);
    if (!name) return malformed(fmt::format("the name of symbol {} lies outside the table of strings", index));
    symbol.name = *name;
    symbol.value = raw.st_value;
    symbol.size = raw.st_size;
    symbol.kind = symbol_kind(ELF64_ST_TYPE(raw.st_info));
    unsigned visibility = ELF64_ST_VISIBILITY(raw.st_other);
    symbol.local = ELF64_ST_BIND(raw.st_info) == STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL;
    if (raw.st_shndx == SHN_ABS) {
      symbol.section = kAbsoluteSection;
    } else if (raw.st_shndx == SHN_COMMON) {
      symbol.section = kCommonSection;
    } else if (raw.st_shndx >= file.sections.size()) {
      return malformed(
          fmt::format("symbol {} '{}' is in section {}, which does not exist", index, symbol.name, raw.st_shndx));
    } else {
      symbol.section = raw.st_shndx;
    }
    file.symbols.push_back(std::move(symbol));
  }
  return std::nullopt;
}

std::optional<Diagnostic> read_relocations(const GElf_Shdr& header, size_t index, size_t symbol_table, ElfFile& file) {
  const ElfSection& section = file.sections[index];
  if (header.sh_info == 0 || header.sh_info >= file.sections.size()) {
    return malformed(
        fmt::format("the relocations '{}' are for section {}, which does not exist", section.name, header.sh_info));
  }
  const ElfSection& target = file.sections[header.sh_info];
  if (!target.allocated()) return std::nullopt;  // debug information and BTF: their offsets stand in place
  if (section.type == SHT_RELA)
    return malformed(fmt::format("'{}' has explicit addends, which BPF does not use", section.name));
  if (header.sh_link != symbol_table || symbol_table == 0) {
    return malformed(fmt::format("the relocations '{}' do not name the object's symbol table", section.name));
  }
  if (section.bytes.size() % sizeof(Elf64_Rel) != 0) {
    return malformed(fmt::format("the relocations '{}' are cut off", section.name));
  }
  for (size_t offset = 0; offset < section.bytes.size(); offset += sizeof(Elf64_Rel)) {
    Elf64_Rel raw;
    memcpy(&raw, section.bytes.data() + offset, sizeof(raw));
    uint32_t symbol = static_cast<uint32_t>(ELF64_R_SYM(raw.r_info));
    if (symbol >= file.symbols.size()) {
      return malformed(fmt::format("a relocation in '{}' names symbol {}, which does not exist", section.name, symbol));
    }
    if (raw.r_offset >= target.size) {
      return malformed(fmt::format("a relocation in '{}' writes past the end of '{}': at byte {} of {}", section.name,
                                   target.name, raw.r_offset, target.size));
    }
    file.relocations[header.sh_info].push_back({raw.r_offset, static_cast<uint32_t>(ELF64_R_TYPE(raw.r_info)), symbol});
  }
  return std::nullopt;
}

}  // namespace

bool ElfSection::executable() const { return type == SHT_PROGBITS && allocated() && (flags & SHF_EXECINSTR) != 0; }
bool ElfSection::allocated() const { return (flags & SHF_ALLOC) != 0; }
bool ElfSection::in_file() const { return type != SHT_NOBITS && type != SHT_NULL; }

const ElfSection* ElfFile::find(std::string_view name) const {
  for (const ElfSection& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

Result<ElfFile> read_elf(const std::vector<uint8_t>& bytes) {
  if (bytes.size() > kMaxObjectBytes) {
    return malformed(
        fmt::format("the object has {} bytes, more than the {} that are read", bytes.size(), kMaxObjectBytes));
  }
  elf_version(EV_CURRENT);
  std::vector<char> copy(bytes.begin(), bytes.end());  // libelf takes memory it could write
  Handle elf(elf_memory(copy.data(), copy.size()), elf_end);
  if (elf == nullptr || copy.empty()) {
    Diagnostic diagnostic = not_bpf("this is not an ELF object", "an object that clang made for the target bpf",
                                    fmt::format("{} bytes", bytes.size()));
    diagnostic.code = "object-not-elf";
    return diagnostic;
  }
  if (std::optional<Diagnostic> error = check_header(elf.get(), bytes.size())) return *error;

  size_t section_count = 0;
  size_t names = 0;
  if (elf_getshdrnum(elf.get(), &section_count) != 0 || elf_getshdrstrndx(elf.get(), &names) != 0) {
    return malformed("the table of sections is cut off");
  }
  if (section_count < 2 || section_count > kMaxSections) {
    return malformed(fmt::format("the object has {} sections; 2 to {} are read", section_count, kMaxSections));
  }
  ElfFile file;
  size_t total_bytes = 0;
  std::vector<GElf_Shdr> headers(section_count);
  size_t symbol_table = 0;
  for (size_t i = 0; i < section_count; i++) {
    Elf_Scn* scn = elf_getscn(elf.get(), i);
    if (scn == nullptr || gelf_getshdr(scn, &headers[i]) == nullptr) {
      return malformed(fmt::format("the header of section {} is cut off", i));
    }
    if (std::optional<Diagnostic> error = read_section(elf.get(), names, scn, file, total_bytes, bytes.size()))
      return *error;
    if (headers[i].sh_type != SHT_SYMTAB) continue;
    if (symbol_table != 0) return malformed("the object has two symbol tables");
    symbol_table = i;
  }
  if (symbol_table != 0) {
    if (std::optional<Diagnostic> error = read_symbols(elf.get(), symbol_table, headers[symbol_table].sh_link, file))
      return *error;
  }
  file.relocations.resize(section_count);
  for (size_t i = 0; i < section_count; i++) {
    if (headers[i].sh_type != SHT_REL && headers[i].sh_type != SHT_RELA) continue;
    if (std::optional<Diagnostic> error = read_relocations(headers[i], i, symbol_table, file)) return *error;
  }
  return file;
}

}  // namespace perdita::object
