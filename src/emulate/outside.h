// SPDX-License-Identifier: Apache-2.0
//
// Programs of others, emulators and disassemblers: a file to give to one, and the lines that it prints.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace perdita::emulate {

// A file of those bytes that goes with its object. What cannot be written is found missing by whoever reads it.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs the command by the shell and hands over each line of its standard output, with its end of line. Returns once it
// has ended. False where it does not start.
bool each_line_of(const std::string& command, const std::function<void(const std::string& line)>& take);

}  // namespace perdita::emulate
