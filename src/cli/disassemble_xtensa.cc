// SPDX-License-Identifier: Apache-2.0
#include "cli/disassemble_xtensa.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "emulate/outside.h"

namespace perdita::cli {
namespace {

constexpr uint32_t kNarrowFirst = 8;  // op0 of instructions with 16 bits: this and up (manual, 7.3)
constexpr uint32_t kReturn = 0x000080, kReturnNarrow = 0xf00d;

Diagnostic failed(const std::string& have) {
  return not_shown("binutils' disassembler, xtensa-lx106-elf-objdump", have,
                   "install binutils-xtensa-lx106, or name an objdump in PERDITA_XTENSA_OBJDUMP");
}

class Layout {
 public:
  explicit Layout(Bytes code) : code_(code) {}

  // Where runs of instructions begin and end; what lies between is nobody's to execute.
  std::vector<std::pair<uint32_t, uint32_t>> runs() {
    std::vector<std::pair<uint32_t, uint32_t>> found;
    uint32_t start = 0;
    bool first = true;
    for (uint32_t at = 0; at + 1 < code_.size(); first = false) {
      const uint32_t next = at + bytes_at(at);
      const uint32_t aligned = (next + 3) & ~3u;
      uint32_t code = next;
      if (first && is_jump(at) && zeros(next, 4) && target(at) % 4 == 0 && target(at) > 4) {
        code = target(at);  // over the pool
      } else if ((ends(at) || calls(at, aligned)) && zeros(next, aligned)) {
        code = aligned;
      }
      if (code != next) {
        found.emplace_back(start, next);
        start = code;
      }
      at = code;
    }
    if (start < code_.size()) found.emplace_back(start, static_cast<uint32_t>(code_.size()));
    return found;
  }

 private:
  uint32_t bytes_at(uint32_t at) const { return (code_[at] & 15) >= kNarrowFirst ? 2 : 3; }
  uint32_t bits(uint32_t at) const {
    uint32_t value = code_[at] | static_cast<uint32_t>(code_[at + 1]) << 8;
    if (bytes_at(at) == 3 && at + 2 < code_.size()) value |= static_cast<uint32_t>(code_[at + 2]) << 16;
    return value;
  }
  bool is_jump(uint32_t at) const { return (code_[at] & 0x3f) == 0x06; }
  // Of J and CALL0: 18 bits with a sign.
  int32_t distance(uint32_t at) const { return static_cast<int32_t>(bits(at) << 8) >> 14; }
  uint32_t target(uint32_t at) const { return at + 4 + static_cast<uint32_t>(distance(at)); }
  bool ends(uint32_t at) const { return is_jump(at) || bits(at) == kReturn || bits(at) == kReturnNarrow; }
  bool calls(uint32_t at, uint32_t to) const {
    return (code_[at] & 0x3f) == 0x05 && (at & ~3u) + 4 + 4 * static_cast<uint32_t>(distance(at)) == to;
  }
  bool zeros(uint32_t from, uint32_t to) const {
    for (; from < to; from++) {
      if (from >= code_.size() || code_[from] != 0) return false;
    }
    return true;
  }

  Bytes code_;
};

// "   7:\t0b1f      \taddi.n\ta1, a15, -1": one instruction; others are not.
bool read_line(const std::string& line, std::vector<MachineInstruction>& out) {
  const size_t colon = line.find(":\t");
  const size_t bytes = line.find_first_not_of("0123456789abcdef", colon + 2);
  const size_t tab = line.find('\t', colon + 2);
  if (line.empty() || line[0] != ' ' || colon == std::string::npos || tab == std::string::npos) return false;
  std::string text = line.substr(tab + 1);
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  std::ranges::replace(text, '\t', ' ');
  out.push_back({static_cast<uint32_t>(std::stoul(line.substr(0, colon), nullptr, 16)),
                 static_cast<uint32_t>((bytes - colon - 2) / 2), text});
  return true;
}

// What is between runs: up to a word's beginning, and words.
void add_data(Bytes code, uint32_t from, uint32_t to, std::vector<MachineInstruction>& out) {
  const uint32_t words = std::min((from + 3) & ~3u, to);
  if (words != from) out.push_back({from, words - from, fmt::format(".skip {}", words - from)});
  for (uint32_t at = words; at < to; at += 4) {
    const uint32_t word = code[at] | static_cast<uint32_t>(code[at + 1]) << 8 |
                          static_cast<uint32_t>(code[at + 2]) << 16 | static_cast<uint32_t>(code[at + 3]) << 24;
    out.push_back({at, 4, fmt::format(".word 0x{:08x}", word)});
  }
}

}  // namespace

Result<std::vector<MachineInstruction>> disassemble_xtensa(Bytes code) {
  const emulate::TemporaryFile file({reinterpret_cast<const char*>(code.data()), code.size()});
  const char* const given = std::getenv("PERDITA_XTENSA_OBJDUMP");
  std::vector<MachineInstruction> instructions;
  uint32_t end = 0;
  for (const auto& [from, to] : Layout(code).runs()) {
    add_data(code, end, from, instructions);
    const std::string command =
        fmt::format("'{}' -D -z -b binary -m xtensa --start-address={} --stop-address={} '{}' </dev/null 2>&1",
                    given != nullptr ? given : "xtensa-lx106-elf-objdump", from, to, file.path().string());
    std::string said;
    const bool started = emulate::each_line_of(command, [&](const std::string& line) {
      if (!read_line(line, instructions) && said.find_first_not_of("\n") == std::string::npos) said = line;
    });
    if (!started) return failed("it does not start");
    end = instructions.empty() ? 0 : instructions.back().offset + instructions.back().bytes;
    if (end != to) return failed(said);
  }
  return instructions;
}

}  // namespace perdita::cli
