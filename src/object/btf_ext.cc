// SPDX-License-Identifier: Apache-2.0
#include "object/btf_ext.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include <cstring>
#include <optional>

#include "object/refusal.h"

namespace perdita::object {
namespace {

constexpr uint32_t kMaxRecords = 1u << 16;  // per section: a program has no more instructions
constexpr uint32_t kInstructionBytes = 8;
constexpr uint32_t kLineRecordBytes = 16;  // struct bpf_line_info
constexpr uint32_t kCoreRecordBytes = 16;  // struct bpf_core_relo

// Reads 32-bit words off the section; latches the first read past its end.
class WordReader {
 public:
  explicit WordReader(const std::vector<uint8_t>& bytes) : bytes_(bytes) {}

  uint32_t word() {
    uint32_t value = 0;
    if (end_ - at_ < sizeof(value)) {
      ok_ = false;
      return 0;
    }
    memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }
  void skip(uint64_t count) {
    if (end_ - at_ < count) {
      ok_ = false;
    } else {
      at_ += count;
    }
  }
  // Reads on inside [begin, begin + length) only.
  void confine(uint64_t begin, uint64_t length) {
    ok_ = ok_ && begin + length <= bytes_.size();
    at_ = ok_ ? begin : 0;
    end_ = ok_ ? begin + length : 0;
  }
  bool more() const { return ok_ && at_ < end_; }
  bool ok() const { return ok_; }

 private:
  const std::vector<uint8_t>& bytes_;
  uint64_t at_ = 0;
  uint64_t end_ = 0;
  bool ok_ = true;
};

Diagnostic broken(std::string_view what) { return malformed(fmt::format("the {} in .BTF.ext is broken", what)); }

std::string text_at(const Btf& btf, uint32_t offset) {
  std::optional<std::string_view> text = btf.string(offset);
  return text ? printable(*text) : std::string();
}

// Both tables have one shape: the size of a record, then for each section its name, a count and the records. `read`
// takes a section's name and reads the leading `known_bytes` of one record; false where the record is wrong.
template <typename Read>
std::optional<Diagnostic> read_table(WordReader& reader, const Btf& btf, std::string_view what, uint32_t known_bytes,
                                     Read read) {
  if (!reader.more()) return reader.ok() ? std::nullopt : std::optional(broken(what));
  uint32_t record_bytes = reader.word();
  if (record_bytes < known_bytes || record_bytes % 4 != 0) return broken(what);
  while (reader.more()) {
    std::optional<std::string_view> name = btf.string(reader.word());
    uint32_t count = reader.word();
    if (!reader.ok() || !name || count == 0 || count > kMaxRecords) return broken(what);
    std::string section = printable(*name);
    for (uint32_t i = 0; i < count; i++) {
      if (!read(section) || !reader.ok()) return broken(what);
      reader.skip(record_bytes - known_bytes);
    }
  }
  return reader.ok() ? std::nullopt : std::optional(broken(what));
}

}  // namespace

Result<BtfExt> read_btf_ext(const std::vector<uint8_t>& bytes, const Btf& btf) {
  WordReader reader(bytes);
  reader.confine(0, bytes.size());
  uint32_t magic = reader.word();  // magic, version 1, no flags
  uint32_t header_bytes = reader.word();
  reader.skip(8);  // function prototypes: the verifier works without
  uint32_t lines_offset = reader.word();
  uint32_t lines_bytes = reader.word();
  if (!reader.ok() || magic != (BTF_MAGIC | BTF_VERSION << 16) || header_bytes < 24) return broken("header");
  uint32_t core_offset = 0;
  uint32_t core_bytes = 0;
  if (header_bytes >= 32) {
    core_offset = reader.word();
    core_bytes = reader.word();
  }

  BtfExt ext;
  reader.confine(uint64_t{header_bytes} + lines_offset, lines_bytes);
  auto read_line = [&](const std::string& section) {
    uint32_t offset = reader.word();
    std::string file = text_at(btf, reader.word());
    std::string text = text_at(btf, reader.word());
    uint32_t position = reader.word();
    std::vector<SourceLine>& lines = ext.lines[section];
    uint32_t instruction = offset / kInstructionBytes;
    if (offset % kInstructionBytes != 0 || (!lines.empty() && instruction <= lines.back().instruction)) return false;
    lines.push_back({instruction, std::move(file), BPF_LINE_INFO_LINE_NUM(position), BPF_LINE_INFO_LINE_COL(position),
                     std::move(text)});
    return lines.size() <= kMaxRecords;
  };
  if (auto error = read_table(reader, btf, "line information", kLineRecordBytes, read_line)) return *error;

  reader.confine(uint64_t{header_bytes} + core_offset, core_bytes);
  auto read_relocation = [&](const std::string& section) {
    uint32_t offset = reader.word();
    uint32_t type = reader.word();
    std::optional<std::string_view> access = btf.string(reader.word());
    uint32_t kind = reader.word();
    if (offset % kInstructionBytes != 0 || type >= btf.count() || !access || access->size() > kMaxShownBytes)
      return false;
    std::vector<CoreRelocation>& relocations = ext.relocations[section];
    relocations.push_back({offset / kInstructionBytes, type, std::string(*access), static_cast<CoreKind>(kind)});
    return kind <= static_cast<uint32_t>(CoreKind::type_matches) && relocations.size() <= kMaxRecords;
  };
  if (auto error = read_table(reader, btf, "CO-RE information", kCoreRecordBytes, read_relocation)) return *error;
  return ext;
}

}  // namespace perdita::object
