// SPDX-License-Identifier: Apache-2.0
#include "cli/map_argument.h"

#include <fmt/core.h>

#include <stdexcept>

#include "cli/device_address.h"
#include "isa/map.h"
#include "pipeline/hex.h"

namespace perdita::cli {

Diagnostic map_diagnostic(std::string code, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

bool is_ring_buffer(const deliver::Map& map) {
  return static_cast<isa::MapType>(map.type) == isa::MapType::ring_buffer;
}

Result<deliver::Map> find_map(const deliver::Board& board, const std::string& address, const std::string& name) {
  auto maps = board.maps();
  if (!maps) return maps.error();
  std::vector<deliver::Map> found;
  for (const auto& map : *maps) {
    if (names(name, map.package, map.name)) found.push_back(map);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return map_diagnostic("map-not-installed", fmt::format("no map '{}' is there", name),
                          fmt::format("perdita map list {}", address));
  }
  return map_diagnostic("map-ambiguous", fmt::format("{} packages have a map '{}'", found.size(), name),
                        "say which: PACKAGE/MAP");
}

Result<pipeline::Blob> parse_bytes(const std::string& text, size_t size_bytes, const std::string& what) {
  auto digits = pipeline::from_hex(text);
  if (digits && digits->size() == size_bytes) return *digits;
  size_t end = 0;
  unsigned long long number = 0;
  bool is_number = !text.empty() && text[0] >= '0' && text[0] <= '9' && size_bytes <= 8;
  try {
    if (is_number) number = std::stoull(text, &end, 0);
  } catch (const std::out_of_range&) {
    is_number = false;
  }
  bool fits = size_bytes >= 8 || number >> (8 * size_bytes) == 0;
  if (is_number && end == text.size() && fits) {
    pipeline::Blob bytes(size_bytes);
    for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(number >> (8 * i));
    return bytes;
  }
  Diagnostic diagnostic = map_diagnostic("map-" + what, fmt::format("'{}' is no {} of this map", text, what), "");
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.need = fmt::format("{} bytes: {} hexadecimal digits, or a number", size_bytes, 2 * size_bytes);
  return diagnostic;
}

}  // namespace perdita::cli
