// SPDX-License-Identifier: Apache-2.0
#include "isa/conformance_case.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace perdita::isa {
namespace {

// "0x0000000000000095": one instruction; bare bytes, as the negative cases have: eight words make one.
void add_raw(std::string_view word, std::vector<uint8_t>& bytes) {
  const bool is_instruction = word.starts_with("0x") || word.size() > 2;
  const uint64_t value = std::strtoull(std::string(word).c_str(), nullptr, is_instruction ? 0 : 16);
  const size_t size = is_instruction ? sizeof(Insn) : 1;
  const auto* first = reinterpret_cast<const uint8_t*>(&value);
  bytes.insert(bytes.end(), first, first + size);
}

ConformanceCase read_case(const std::filesystem::path& path) {
  ConformanceCase out;
  out.name = path.filename();
  std::ifstream file(path);
  std::string line, section;
  std::vector<uint8_t> raw;
  while (std::getline(file, line)) {
    if (line.find("--") != std::string::npos) {
      std::istringstream(line.substr(line.find("--") + 2)) >> section;
      if (section == "error") out.must_fail = true;
      continue;
    }
    if (section == "asm") {
      out.text += line + "\n";
      continue;
    }
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) {
      if (section == "raw") add_raw(word, raw);
      if (section == "mem") out.memory.push_back(static_cast<uint8_t>(std::strtoul(word.c_str(), nullptr, 16)));
      if (section == "result") out.result = std::strtoull(word.c_str(), nullptr, 0);
    }
  }
  out.raw.resize(raw.size() / sizeof(Insn));
  if (!out.raw.empty()) std::memcpy(out.raw.data(), raw.data(), out.raw.size() * sizeof(Insn));
  return out;
}

}  // namespace

std::optional<std::filesystem::path> conformance_folder() {
  const char* shared = std::getenv("PERDITA_SHARED");
  if (shared == nullptr) return std::nullopt;
  std::filesystem::path folder = std::filesystem::path(shared) / "conformance";
  if (!std::filesystem::is_directory(folder)) return std::nullopt;
  return folder;
}

std::vector<ConformanceCase> read_conformance_cases(const std::filesystem::path& folder) {
  std::vector<ConformanceCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".data") cases.push_back(read_case(entry.path()));
  }
  std::ranges::sort(cases, {}, &ConformanceCase::name);
  return cases;
}

}  // namespace perdita::isa
