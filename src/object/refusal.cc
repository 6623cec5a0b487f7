// SPDX-License-Identifier: Apache-2.0
#include "object/refusal.h"

#include <utility>

namespace perdita::object {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode, table 3-7), 0 where there is none.
size_t sequence_bytes(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                  : lead >= 0xe0 && lead <= 0xef ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                 : 0;
  if (length == 0) return 0;
  // The second byte's range rules out overlong forms, surrogates and what lies above U+10FFFF.
  unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; i++) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // U+0080 to U+009F are control characters too: terminals obey some of them.
  return lead == 0xc2 && byte(1) < 0xa0 ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text, size_t limit_bytes) {
  std::string out;
  while (!text.empty()) {
    size_t length = sequence_bytes(text);
    if (out.size() + (length == 0 ? 1 : length) > limit_bytes) break;
    bool control = length == 1 && ((text[0] < ' ' && text[0] != '\t') || text[0] == 0x7f);
    if (length == 0 || control) {
      out += '?';
      length = 1;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

Diagnostic malformed(std::string message, Place place) {
  Diagnostic diagnostic;
  diagnostic.code = "object-malformed";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.place = std::move(place);
  diagnostic.hint = "compile the source again: a compiler never writes this";
  return diagnostic;
}

Diagnostic refused(std::string code, std::string message, Place place, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.place = std::move(place);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

}  // namespace perdita::object
