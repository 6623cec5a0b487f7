// SPDX-License-Identifier: Apache-2.0
#include "emulate/trial.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "emulate/firmware.h"
#include "emulate/outside.h"

namespace perdita::emulate {
namespace {

// Little endian, as the boards are: this machine's bytes.
class Writer {
 public:
  template <typename T>
  void number(const T& value) {
    const auto wide = static_cast<uint64_t>(static_cast<int64_t>(value));
    append(&wide, sizeof wide);
  }
  void text(const char* text) {
    const size_t size = std::strlen(text) + 1;
    number(size);
    append(text, size);
    pad();
  }
  template <typename T>
  void array(const T* items, size_t count) {
    for (size_t i = 0; i < count; i++) {
      T copy = items[i];
      stream(*this, copy);
    }
  }
  uint32_t append(const void* data, size_t size) {
    const auto at = static_cast<uint32_t>(bytes.size());
    bytes.append(static_cast<const char*>(data), size);
    return at;
  }
  void pad() { bytes.resize((bytes.size() + 7) & ~size_t{7}); }

  std::string bytes;
};

std::string trial_bytes(const PackageTrial& from) {
  Trial trial{};
  Writer out;
  out.append(&trial, sizeof trial);
  const auto put = [&](const std::vector<uint8_t>& bytes) {
    const uint32_t at = out.append(bytes.data(), bytes.size());
    out.pad();
    return at;
  };
  trial.engine = from.engine;
  trial.memory_bytes = from.memory_bytes;
  trial.repeat = from.repeat;
  trial.guarded_steps = from.guarded_steps;
  trial.platform_at = static_cast<uint32_t>(out.bytes.size());
  perdita_platform platform = *from.platform;
  stream(out, platform);
  trial.package_bytes = static_cast<uint32_t>(from.package.size());
  trial.package_at = put(from.package);
  trial.context_bytes = static_cast<uint32_t>(from.context.size());
  trial.context_at = put(from.context);
  trial.packet_bytes = static_cast<uint32_t>(from.packet.size());
  trial.packet_at = put(from.packet);
  std::ranges::copy(from.vendor_id, trial.vendor_id);
  std::ranges::copy(from.class_id, trial.class_id);
  std::ranges::copy(from.key, trial.key);
  std::ranges::copy(from.key_id, trial.key_id);
  from.package_name.copy(trial.package, sizeof trial.package - 1);
  from.prog.copy(trial.prog, sizeof trial.prog - 1);
  trial.bytes = static_cast<uint32_t>(out.bytes.size());
  out.bytes.replace(0, sizeof trial, reinterpret_cast<const char*>(&trial), sizeof trial);
  return out.bytes;
}

Diagnostic failed(std::string message, std::string have, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = "emulate-board";
  diagnostic.message = std::move(message);
  diagnostic.have = std::move(have);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

// So many hexadecimal numbers, or nothing.
std::vector<uint32_t> read_numbers(std::istringstream& words, size_t count) {
  std::vector<uint32_t> numbers(count);
  for (uint32_t& number : numbers) {
    if (!(words >> std::hex >> number)) return {};
  }
  return numbers;
}

uint64_t wide(const std::vector<uint32_t>& numbers, size_t at) { return uint64_t{numbers[at]} << 32 | numbers[at + 1]; }

// A line of the firmware; true where it ends a trial, which is then in `tried`.
bool read_line(const std::string& line, Tried& tried) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word == "log") {
    std::string digits;
    words >> digits;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
      tried.output += static_cast<char>(std::stoul(digits.substr(i, 2), nullptr, 16));
    }
  } else if (word == "refused") {
    const auto numbers = read_numbers(words, 5);
    if (numbers.empty()) return false;
    tried.refused = Refused{static_cast<Status>(numbers[0]), wide(numbers, 1), wide(numbers, 3), ""};
    words >> tried.refused->name;
    return true;
  } else if (word == "tried") {
    const auto numbers = read_numbers(words, 13);
    if (numbers.empty()) return false;
    tried = {std::nullopt,     static_cast<Status>(numbers[0]),
             numbers[1],       wide(numbers, 2),
             wide(numbers, 4), numbers[6],
             numbers[7],       numbers[8],
             numbers[9],       numbers[10],
             numbers[11],      numbers[12],
             tried.output};
    return true;
  }
  return false;
}

}  // namespace

std::optional<std::filesystem::path> find_trial_firmware(const std::string& target) {
  return find_firmware(target, "trial");
}

Result<std::vector<Tried>> run_trials(const std::filesystem::path& firmware, const std::vector<PackageTrial>& trials) {
  Writer out;
  const TrialFile file = {kTrialMagic, static_cast<uint32_t>(trials.size())};
  out.append(&file, sizeof file);
  for (const PackageTrial& trial : trials) {
    const size_t largest = std::max(trial.context.size(), trial.packet.size());
    if (largest > kMostTrialContextBytes || trial.memory_bytes > kMostTrialMemoryBytes) {
      return failed("this is too large for the emulated board",
                    fmt::format("{} bytes of context or packet, {} of memory", largest, trial.memory_bytes),
                    fmt::format("at most {} and {} fit", kMostTrialContextBytes, kMostTrialMemoryBytes));
    }
    const std::string bytes = trial_bytes(trial);
    out.append(bytes.data(), bytes.size());
  }
  if (out.bytes.size() > kMostTrialBytes) {
    return failed(fmt::format("the packages and platforms have {} bytes", out.bytes.size()), "",
                  fmt::format("at most {} fit", kMostTrialBytes));
  }
  const TemporaryFile jobs(out.bytes);
  std::vector<Tried> tried;
  Tried one{};
  LastWords last;
  const bool started = each_line_of(emulator_command(firmware, jobs.path()), [&](const std::string& line) {
    if (last.text().starts_with("end")) return;
    last.hear(line);
    if (read_line(line, one)) tried.push_back(std::exchange(one, Tried{}));
  });
  if (!started) return failed("the emulator does not start", "", "script/bootstrap installs it");
  if (tried.size() != trials.size() || !last.text().starts_with("end")) {
    return failed(fmt::format("the board tried {} of {} packages", tried.size(), trials.size()), last.text(),
                  "script/build builds the trial firmware, script/bootstrap installs QEMU");
  }
  return tried;
}

}  // namespace perdita::emulate
