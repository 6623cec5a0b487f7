// SPDX-License-Identifier: Apache-2.0
#include "deliver/coap_uri.h"

#include <charconv>
#include <optional>

namespace perdita::deliver {
namespace {

constexpr size_t kMaxSegmentBytes = 255;

Diagnostic invalid(const std::string& text, const std::string& why) {
  return {.code = "coap-uri-invalid",
          .outcome = Outcome::unusable_input,
          .message = "'" + text + "' is no address of a board: " + why,
          .place = {},
          .need = "coap://HOST[:PORT]",
          .have = text,
          .hint = "for a board in QEMU on this machine: coap://127.0.0.1:5683"};
}

std::optional<uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return uint8_t(c - '0');
  if (c >= 'a' && c <= 'f') return uint8_t(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return uint8_t(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> percent_decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += char(*high << 4 | *low);
    i += 2;
  }
  return out;
}

// Splits and decodes; false where a part does not decode or is too long for an option.
bool split(const std::string& text, char separator, std::vector<std::string>& parts) {
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find(separator, start), text.size());
    const auto part = percent_decoded(text.substr(start, end - start));
    if (!part || part->size() > kMaxSegmentBytes) return false;
    parts.push_back(*part);
    start = end + 1;
  }
  return true;
}

std::optional<uint16_t> port_number(const std::string& text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

Result<CoapUri> parse_uri(const std::string& text) {
  constexpr std::string_view kScheme = "coap://";
  if (!text.starts_with(kScheme)) return invalid(text, "it does not begin with coap://");
  const std::string rest = text.substr(kScheme.size());
  if (rest.find('#') != std::string::npos) return invalid(text, "it has a fragment");
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string authority = rest.substr(0, authority_end);
  CoapUri uri;
  size_t host_end = 0;
  if (authority.starts_with('[')) {
    host_end = authority.find(']');
    if (host_end == std::string::npos) return invalid(text, "a bracket is not closed");
    uri.host = authority.substr(1, host_end - 1);
    host_end++;
  } else {
    host_end = std::min(authority.find(':'), authority.size());
    uri.host = authority.substr(0, host_end);
  }
  if (uri.host.empty()) return invalid(text, "the host is missing");
  if (host_end < authority.size()) {
    const auto port = authority[host_end] == ':' ? port_number(authority.substr(host_end + 1)) : std::nullopt;
    if (!port) return invalid(text, "the port is not a number from 1 to 65535");
    uri.port = *port;
  }
  const std::string target = rest.substr(authority_end);
  const size_t path_end = std::min(target.find('?'), target.size());
  const std::string path = target.substr(0, path_end);
  // "" and "/" both mean no segments (RFC 7252, section 6.4).
  if (path.size() > 1 && !split(path.substr(1), '/', uri.path)) return invalid(text, "the path does not read");
  if (path_end < target.size() && !split(target.substr(path_end + 1), '&', uri.query)) {
    return invalid(text, "the query does not read");
  }
  return uri;
}

}  // namespace perdita::deliver
