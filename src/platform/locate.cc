// SPDX-License-Identifier: Apache-2.0
#include "platform/locate.h"

#include <cctype>
#include <string>
#include <vector>

namespace perdita::platform {
namespace {

constexpr size_t kNotFound = std::string_view::npos;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the word stands in the line, comments at its start apart.
size_t find_word(std::string_view line, std::string_view word) {
  size_t first = line.find_first_not_of(" \t");
  if (first == kNotFound || word.empty() || line[first] == '*' || line.substr(first).starts_with("/*") ||
      line.substr(first).starts_with("//"))
    return kNotFound;
  for (size_t at = line.find(word); at != kNotFound; at = line.find(word, at + 1)) {
    size_t end = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end]))) return at;
  }
  return kNotFound;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Place place(const std::vector<std::string_view>& lines, size_t index, size_t column) {
  return {.file = {},
          .line = static_cast<uint32_t>(index + 1),
          .column = static_cast<uint32_t>(column + 1),
          .source = std::string(lines[index]),
          .instruction = std::nullopt};
}

// The first line with the word and the other text, from `first` on.
Place find(const std::vector<std::string_view>& lines, size_t first, std::string_view word, std::string_view beside) {
  for (size_t i = first; i < lines.size(); i++) {
    size_t column = find_word(lines[i], word);
    if (column != kNotFound && lines[i].find(beside) != kNotFound) return place(lines, i, column);
  }
  return {};
}

}  // namespace

Place locate(std::string_view header, std::string_view entity, std::string_view part) {
  std::vector<std::string_view> lines = split(header);
  // A structure stands where it is named first; another entity where a macro describes it.
  bool is_macro = !entity.starts_with("struct ");
  Place whole = find(lines, 0, entity, is_macro ? "PERDITA_" : "");
  if (whole.line == 0) whole = find(lines, 0, entity, "");
  if (part.empty()) return whole;
  Place member = find(lines, whole.line == 0 ? 0 : whole.line - 1, part.substr(part.rfind('.') + 1), "");
  return member.line == 0 ? whole : member;
}

}  // namespace perdita::platform
