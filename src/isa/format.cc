// SPDX-License-Identifier: Apache-2.0
#include "isa/format.h"

namespace perdita::isa {
namespace {

bool conversion_of(char letter, FormatPiece::Kind& kind) {
  switch (letter) {
    case 'd':
    case 'i':
      kind = FormatPiece::Kind::signed_decimal;
      return true;
    case 'u':
      kind = FormatPiece::Kind::unsigned_decimal;
      return true;
    case 'x':
      kind = FormatPiece::Kind::hexadecimal;
      return true;
    case 'c':
      kind = FormatPiece::Kind::character;
      return true;
    default:
      return false;
  }
}

}  // namespace

bool next_piece(Text& format, FormatPiece& piece) {
  if (format.empty()) return false;
  if (format[0] != '%') {
    size_t length = 1;
    while (length < format.size() && format[length] != '%') length++;
    piece = {FormatPiece::Kind::text, false, format.subspan(0, length)};
    format = format.subspan(length);
    return true;
  }
  if (format.size() >= 2 && format[1] == '%') {
    piece = {FormatPiece::Kind::text, false, format.subspan(0, 1)};
    format = format.subspan(2);
    return true;
  }
  size_t at = 1;
  while (at < format.size() && at <= 2 && format[at] == 'l') at++;
  // A BPF program's long has 64 bits, so l and ll mean the same.
  const bool is_long = at > 1;
  FormatPiece::Kind kind;
  if (at == format.size() || !conversion_of(format[at], kind)) return false;
  piece = {kind, is_long, {}};
  format = format.subspan(at + 1);
  return true;
}

int count_conversions(Text format, unsigned most) {
  unsigned count = 0;
  FormatPiece piece;
  while (next_piece(format, piece)) {
    if (piece.kind != FormatPiece::Kind::text) count++;
  }
  return format.empty() && count <= most ? static_cast<int>(count) : -1;
}

}  // namespace perdita::isa
