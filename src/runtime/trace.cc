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
  // Most digits come of numbers of 32 bits, which a small processor divides itself.
  void add_decimal(uint64_t value) {
    constexpr uint32_t kBillion = 1'000'000'000;
    uint32_t parts[2];  // nine digits each, the last ones first
    uint32_t count = 0;
    while (value > UINT32_MAX) {
      const uint64_t rest = value / kBillion;
      parts[count++] = static_cast<uint32_t>(value - rest * kBillion);
      value = rest;
    }
    add_digits(static_cast<uint32_t>(value), 1);
    while (count > 0) add_digits(parts[--count], 9);
  }
  void add_hexadecimal(uint64_t value) {
    int shift = 60;
    while (shift > 0 && (value >> shift) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) add("0123456789abcdef"[(value >> shift) & 15]);
  }
  const char* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  void add_digits(uint32_t value, uint32_t least) {
    char digits[10];
    uint32_t count = 0;
    while (value != 0 || count < least) {
      // value / 10 (exact for all 32 bits: 0xcccccccd is 2^35 / 10, rounded up): some processors have no divider.
      const auto rest = static_cast<uint32_t>(uint64_t{value} * 0xcccccccd >> 35);
      digits[count++] = static_cast<char>('0' + (value - rest * 10));
      value = rest;
    }
    while (count > 0) add(digits[--count]);
  }

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
    line.add_hexadecimal(value);
  } else if (is_signed && static_cast<int64_t>(value) < 0) {
    line.add('-');
    line.add_decimal(0 - value);
  } else {
    line.add_decimal(value);
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
