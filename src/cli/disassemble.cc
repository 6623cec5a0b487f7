// SPDX-License-Identifier: Apache-2.0
#include "cli/disassemble.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>

#include "cli/disassemble_xtensa.h"

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
  Diagnostic diagnostic;
  diagnostic.code = "disassembler";
  diagnostic.message = "the machine code cannot be shown";
  diagnostic.need = "LLVM's disassembler, llvm-mc-19";
  diagnostic.have = have;
  diagnostic.hint = "install llvm-19, or name an llvm-mc in PERDITA_LLVM_MC";
  return diagnostic;
}

// The bytes as text, in a file that goes with its object.
class HexFile {
 public:
  explicit HexFile(Bytes code) {
    std::string name = (std::filesystem::temp_directory_path() / "perdita-code-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    if (descriptor >= 0) close(descriptor);
    path = name;
    std::ofstream file(path);
    for (const uint8_t byte : code) file << fmt::format("0x{:02x}\n", byte);
  }
  ~HexFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  HexFile(const HexFile&) = delete;
  HexFile& operator=(const HexFile&) = delete;

  std::filesystem::path path;
};

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

Result<std::vector<MachineInstruction>> disassemble(const std::string& target, Bytes code) {
  if (target == "xtensa") return disassemble_xtensa(code);
  const auto* const options =
      std::ranges::find_if(kOptions, [&](const auto& candidate) { return candidate.target == target; });
  if (options == std::end(kOptions)) return failed("no name of LLVM's for " + target);
  const HexFile file(code);
  const char* const given = std::getenv("PERDITA_LLVM_MC");
  const std::string command =
      fmt::format("'{}' --disassemble {} --show-encoding '{}' </dev/null 2>&1", given != nullptr ? given : "llvm-mc-19",
                  options->options, file.path.string());
  const std::unique_ptr<FILE, int (*)(FILE*)> process(popen(command.c_str(), "r"), pclose);
  if (!process) return failed("it does not start");
  std::vector<MachineInstruction> instructions;
  std::string said;
  std::array<char, 512> buffer{};
  while (fgets(buffer.data(), buffer.size(), process.get()) != nullptr) {
    const std::string line = buffer.data();
    if (!read_line(line, instructions) && line.find(".text") == std::string::npos && said.empty()) said = line;
  }
  const uint32_t end = instructions.empty() ? 0 : instructions.back().offset + instructions.back().bytes;
  if (end != code.size()) return failed(said.empty() ? fmt::format("{} of {} bytes", end, code.size()) : said);
  return instructions;
}

}  // namespace perdita::cli
