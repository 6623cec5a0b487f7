// SPDX-License-Identifier: Apache-2.0
#include "cli/disassemble.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cli/disassemble_xtensa.h"
#include "emulate/outside.h"

namespace perdita::cli {
namespace {

// What LLVM calls a target.
constexpr struct {
  std::string_view target, options;
} kOptions[] = {
    {"armv7m", "--triple=thumbv7m-none-eabi --mcpu=cortex-m3"},
    {"rv32imc", "--triple=riscv32 --mattr=+m,+c"},
};

Diagnostic failed(const std::string& have) {
  return not_shown("LLVM's disassembler, llvm-mc-19", have, "install llvm-19, or name an llvm-mc in PERDITA_LLVM_MC");
}

// "\tmovs\tr0, #0    @ encoding: [0x00,0x20]": one instruction; others are not.
bool read_line(const std::string& line, std::vector<MachineInstruction>& out) {
  constexpr std::string_view kMark = "encoding: [";
  const size_t mark = line.find(kMark);
  if (mark == std::string::npos) return false;
  const std::string encoding = line.substr(mark + kMark.size(), line.find(']', mark) - mark - kMark.size());
  std::string text = line.substr(0, line.find_last_of("@#;", mark));
  text.erase(0, text.find_first_not_of(" \t"));
  text.erase(text.find_last_not_of(" \t") + 1);
  std::ranges::replace(text, '\t', ' ');
  const uint32_t offset = out.empty() ? 0 : out.back().offset + out.back().bytes;
  out.push_back({offset, static_cast<uint32_t>(std::ranges::count(encoding, ',')) + 1, text});
  return true;
}

}  // namespace

Diagnostic not_shown(std::string need, std::string have, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = "disassembler";
  diagnostic.message = "the machine code cannot be shown";
  diagnostic.need = std::move(need);
  diagnostic.have = std::move(have);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

Result<std::vector<MachineInstruction>> disassemble(const std::string& target, Bytes code) {
  if (target == "xtensa") return disassemble_xtensa(code);
  const auto* const options =
      std::ranges::find_if(kOptions, [&](const auto& candidate) { return candidate.target == target; });
  if (options == std::end(kOptions)) return failed("no name of LLVM's for " + target);
  std::string hexadecimal;
  for (const uint8_t byte : code) hexadecimal += fmt::format("0x{:02x}\n", byte);
  const emulate::TemporaryFile file(hexadecimal);
  const char* const given = std::getenv("PERDITA_LLVM_MC");
  const std::string command =
      fmt::format("'{}' --disassemble {} --show-encoding '{}' </dev/null 2>&1", given != nullptr ? given : "llvm-mc-19",
                  options->options, file.path().string());
  std::vector<MachineInstruction> instructions;
  std::string said;
  const bool started = emulate::each_line_of(command, [&](const std::string& line) {
    if (!read_line(line, instructions) && line.find(".text") == std::string::npos && said.empty()) said = line;
  });
  if (!started) return failed("it does not start");
  const uint32_t end = instructions.empty() ? 0 : instructions.back().offset + instructions.back().bytes;
  if (end != code.size()) return failed(said.empty() ? fmt::format("{} of {} bytes", end, code.size()) : said);
  return instructions;
}

}  // namespace perdita::cli
