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
// standard output; five minutes at most.
std::string emulator_command(const std::filesystem::path& firmware, const std::filesystem::path& jobs,
                             const std::string& more_arguments = "");

}  // namespace perdita::emulate
