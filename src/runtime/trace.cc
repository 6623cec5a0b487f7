// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace.h"

#include "isa/format.h"
#include "isa/helpers.h"
#include "runtime/map.h"

namespace perdita::runtime {
namespace {

class Line {
 public:
  void add(char c) {
    if (size_ < isa::kMaxPrintedBytes) bytes_[size_++] = c;
  }
  void add_number(uint64_t value, uint32_t base) {
    char digits[20];  // 2^64 in decimal
    uint32_t count = 0;
    do {
      digits[count++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (count > 0) add(digits[--count]);
  }
  const char* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  char bytes_[isa::kMaxPrintedBytes];
  size_t size_ = 0;
};

void convert(Line& line, const isa::FormatPiece& piece, uint64_t value) {
  using Kind = isa::FormatPiece::Kind;
  const bool is_signed = piece.kind == Kind::signed_decimal;
  if (!piece.is_long) {
    value = is_signed ? static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)))
                      : static_cast<uint32_t>(value);
  }
  if (piece.kind == Kind::character) {
    line.add(static_cast<char>(value));
  } else if (piece.kind == Kind::hexadecimal) {
    line.add_number(value, 16);
  } else if (is_signed && static_cast<int64_t>(value) < 0) {
    line.add('-');
    line.add_number(0 - value, 10);
  } else {
    line.add_number(value, 10);
  }
}

}  // namespace

int64_t trace(const perdita_port& port, Text format, const void* values, unsigned count) {
  if (format.empty() || format.size() > isa::kMaxFormatBytes) return kErrorInvalid;
  size_t size = 0;
  while (size < format.size() && format[size] != 0) size++;
  if (size == format.size()) return kErrorInvalid;
  Text rest = format.subspan(0, size);
  if (isa::count_conversions(rest, count) < 0) return kErrorInvalid;

  Line line;
  isa::FormatPiece piece{};
  const uint8_t* next = static_cast<const uint8_t*>(values);
  while (isa::next_piece(rest, piece)) {
    if (piece.kind == isa::FormatPiece::Kind::text) {
      for (const char c : piece.text) line.add(c);
    } else {
      uint64_t value;
      __builtin_memcpy(&value, next, sizeof value);
      next += sizeof value;
      convert(line, piece, value);
    }
  }
  port.core.log(port.user, line.data(), line.size());
  return static_cast<int64_t>(line.size());
}

}  // namespace perdita::runtime
