// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/text_case.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace perdita::verifier::testing {
namespace {

std::string trimmed(const std::string& text) {
  size_t first = text.find_first_not_of(" \t");
  size_t last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// False for a line that means nothing.
bool take_line(TextCase& text_case, const std::string& key, const std::string& value) {
  if (key == "name") {
    text_case.name = value;
  } else if (key == "hook") {
    text_case.hook = value;
  } else if (key == "bound") {
    text_case.bound = std::stoull(value);
  } else if (key == "stack") {
    text_case.stack = std::stoull(value);
  } else if (key == "says") {
    text_case.says.push_back(value);
  } else if (key == "verdict") {
    std::istringstream words(value);
    std::string word;
    words >> word;
    text_case.accept = word == "accept";
    if (!text_case.accept && word != "reject") return false;
    while (words >> word) text_case.codes.push_back(word);
    return text_case.accept == text_case.codes.empty();
  } else {
    return false;
  }
  return true;
}

std::vector<TextCase> read_file(const std::filesystem::path& path) {
  std::vector<TextCase> cases(1);
  std::ifstream file(path);
  bool in_code = false;
  for (std::string line; std::getline(file, line);) {
    TextCase& current = cases.back();
    if (line.starts_with("---")) {
      cases.emplace_back();
      in_code = false;
    } else if (in_code) {
      current.code += line + "\n";
    } else if (line == "code:") {
      in_code = true;
    } else if (!line.empty() && line[0] != '#') {
      size_t colon = line.find(':');
      bool known = colon != std::string::npos &&
                   take_line(current, trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
      if (!known) current.name.clear();
    }
  }
  for (TextCase& text_case : cases) text_case.file = path.filename().string();
  return cases;
}

}  // namespace

std::vector<TextCase> read_cases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<TextCase> all;
  for (const auto& file : files) {
    auto cases = read_file(file);
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

}  // namespace perdita::verifier::testing
