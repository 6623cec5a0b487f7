// SPDX-License-Identifier: Apache-2.0
#include "emulate/outside.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace perdita::emulate {

TemporaryFile::TemporaryFile(std::string_view bytes) {
  std::string name = (std::filesystem::temp_directory_path() / "perdita-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  if (descriptor >= 0) close(descriptor);
  path_ = name;
  std::ofstream(path_, std::ios::binary) << bytes;
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

bool each_line_of(const std::string& command, const std::function<void(const std::string& line)>& take) {
  const std::unique_ptr<FILE, int (*)(FILE*)> process(popen(command.c_str(), "r"), pclose);
  if (!process) return false;
  std::string line;
  for (int next = 0; (next = fgetc(process.get())) != EOF;) {
    line += static_cast<char>(next);
    if (next != '\n') continue;
    take(line);
    line.clear();
  }
  if (!line.empty()) take(line);
  return true;
}

}  // namespace perdita::emulate
