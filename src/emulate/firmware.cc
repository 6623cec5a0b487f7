// SPDX-License-Identifier: Apache-2.0
#include "emulate/firmware.h"

#include <fmt/core.h>

#include <fstream>
#include <set>

namespace perdita::emulate {
namespace {

// What stands behind a key in the description beside the images; empty where it is not there.
std::string described(const std::filesystem::path& folder, const std::string& key) {
  std::ifstream description(folder / "emulator");
  for (std::string line; std::getline(description, line);) {
    if (line.starts_with(key + " ")) return line.substr(key.size() + 1);
  }
  return "";
}

}  // namespace

std::optional<std::filesystem::path> find_firmware(const std::string& target, const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  // build/host/bin/perdita and build/mps2-an385/bin/runner.elf
  const auto builds = self.parent_path().parent_path().parent_path();
  std::set<std::filesystem::path> found;
  for (const auto& build : std::filesystem::directory_iterator(builds, error)) {
    const auto folder = build.path() / "bin";
    const auto firmware = folder / (name + ".elf");
    if (described(folder, "target") == target && std::filesystem::exists(firmware)) found.insert(firmware);
  }
  if (found.empty()) return std::nullopt;
  return *found.begin();
}

std::string emulator_command(const std::filesystem::path& firmware, const std::filesystem::path& jobs,
                             const std::string& more_arguments) {
  const auto folder = firmware.parent_path();
  return fmt::format(
      "timeout 300 {} -display none -monitor none -serial stdio -icount shift=10 -nic none -no-reboot -kernel '{}' "
      "-device loader,file='{}',addr={},force-raw=on {} </dev/null 2>&1",
      described(folder, "machine"), firmware.string(), jobs.string(), described(folder, "jobs"), more_arguments);
}

}  // namespace perdita::emulate
