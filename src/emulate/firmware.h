// SPDX-License-Identifier: Apache-2.0
//
// Firmware that script/build left, and the emulator for its board (boards/common/emulator.md). Host only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace perdita::emulate {

// build/BOARD/bin/NAME.elf of the first board of a target ("armv7m") that is built; nothing where none is.
std::optional<std::filesystem::path> find_firmware(const std::string& target, const std::string& name);

// A command that runs it with jobs from a file in the board's memory, 1024 ns for an instruction, its console on
// standard output; until it ends, or restarts after a fault, and five minutes at most.
std::string emulator_command(const std::filesystem::path& firmware, const std::filesystem::path& jobs,
                             const std::string& more_arguments = "");

// What a board says of why it ended: the line of its fault, or the last one.
class LastWords {
 public:
  void hear(const std::string& line) {
    if (!faulted_) words_ = line;
    faulted_ = faulted_ || line.starts_with("perdita fault");
  }
  const std::string& text() const { return words_; }

 private:
  std::string words_;
  bool faulted_ = false;
};

}  // namespace perdita::emulate
