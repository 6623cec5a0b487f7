// SPDX-License-Identifier: Apache-2.0
#include "isa/line_scanner.h"

#include <fmt/format.h>

#include <limits>

namespace perdita::isa {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'; }
bool continues_word(char c) { return begins_word(c) || is_digit(c); }

// The digit's value, or 16 where it is none.
unsigned digit_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

constexpr const char* kRange = "asm-range";

}  // namespace

void LineScanner::skip_blanks() {
  while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) at_++;
}

bool LineScanner::at_end() {
  skip_blanks();
  return at_ == line_.size();
}

size_t LineScanner::column() {
  skip_blanks();
  return at_;
}

void LineScanner::fail(std::string need, const char* code) { fail_at(column(), std::move(need), code); }

void LineScanner::fail_at(size_t column, std::string need, const char* code) {
  if (!failed()) problem_ = {code, column, std::move(need)};
}

bool LineScanner::accept(std::string_view sign) {
  skip_blanks();
  if (failed() || !line_.substr(at_).starts_with(sign)) return false;
  const size_t end = at_ + sign.size();
  if (continues_word(sign.back()) && end < line_.size() && continues_word(line_[end])) return false;
  at_ = end;
  return true;
}

void LineScanner::expect(std::string_view sign) {
  if (!accept(sign)) fail(fmt::format("'{}'", sign));
}

std::string_view LineScanner::peek_word() {
  skip_blanks();
  if (failed() || at_ == line_.size() || !begins_word(line_[at_])) return {};
  size_t end = at_ + 1;
  while (end < line_.size() && continues_word(line_[end])) end++;
  return line_.substr(at_, end - at_);
}

std::string_view LineScanner::word() {
  const std::string_view found = peek_word();
  at_ += found.size();
  return found;
}

std::optional<LineScanner::Register> LineScanner::accept_register() {
  const size_t start = at_;
  accept("%");
  const std::string_view name = peek_word();
  const std::string_view digits = name.empty() ? name : name.substr(1);
  const bool is_number = digits == "10" || (digits.size() == 1 && is_digit(digits[0]));
  if (!is_number || (name[0] != 'r' && name[0] != 'w')) {
    at_ = start;
    return std::nullopt;
  }
  at_ += name.size();
  return Register{digits == "10" ? 10 : static_cast<unsigned>(digits[0] - '0'), name[0] == 'w'};
}

LineScanner::Register LineScanner::expect_register() {
  if (const auto found = accept_register()) return *found;
  fail("a register r0 to r10 or w0 to w10");
  return {};
}

unsigned LineScanner::expect_register(bool narrow) {
  const size_t start = column();
  const Register found = expect_register();
  if (!failed() && found.narrow != narrow) {
    fail_at(start, narrow ? "a register w0 to w10" : "a register r0 to r10");
  }
  return found.number;
}

bool LineScanner::number_follows() {
  skip_blanks();
  size_t at = at_;
  if (at < line_.size() && (line_[at] == '-' || line_[at] == '+')) at++;
  return !failed() && at < line_.size() && is_digit(line_[at]);
}

bool LineScanner::sign_follows() {
  skip_blanks();
  return !failed() && at_ < line_.size() && (line_[at_] == '-' || line_[at_] == '+');
}

std::optional<LineScanner::Number> LineScanner::expect_number() {
  Number number;
  number.negative = accept("-");
  if (!number.negative) accept("+");
  skip_blanks();
  const size_t start = at_;
  number.hexadecimal = line_.substr(at_).starts_with("0x");
  if (number.hexadecimal) at_ += 2;
  const unsigned base = number.hexadecimal ? 16 : 10;
  const size_t first_digit = at_;
  while (!failed() && at_ < line_.size() && digit_value(line_[at_]) < base) {
    const unsigned digit = digit_value(line_[at_]);
    if (number.magnitude > (std::numeric_limits<uint64_t>::max() - digit) / base) {
      fail_at(start, "a number of at most 64 bits", kRange);
      return std::nullopt;
    }
    number.magnitude = number.magnitude * base + digit;
    at_++;
  }
  if (at_ == first_digit || (at_ < line_.size() && continues_word(line_[at_]))) {
    fail_at(start, "a number");
  }
  if (failed()) return std::nullopt;
  return number;
}

int64_t LineScanner::expect_signed(int64_t min, int64_t max, bool sign_needed) {
  const size_t start = column();
  if (sign_needed && !sign_follows()) {
    fail("'+' or '-' and a number");
    return 0;
  }
  const auto number = expect_number();
  if (!number) return 0;
  const auto most = static_cast<uint64_t>(number->negative ? -min : max);
  if (number->magnitude > most) {
    fail_at(start, fmt::format("a number from {} to {}", min, max), kRange);
    return 0;
  }
  const auto magnitude = static_cast<int64_t>(number->magnitude);
  return number->negative ? -magnitude : magnitude;
}

int32_t LineScanner::expect_imm32() {
  const size_t start = column();
  const auto number = expect_number();
  if (!number) return 0;
  const uint64_t most = number->negative ? uint64_t{1} << 31 : (number->hexadecimal ? UINT32_MAX : INT32_MAX);
  if (number->magnitude > most) {
    fail_at(start, "a number of 32 bits: -2147483648 to 2147483647, or to 0xffffffff", kRange);
    return 0;
  }
  const auto bits = static_cast<uint32_t>(number->magnitude);
  return static_cast<int32_t>(number->negative ? 0 - bits : bits);
}

uint64_t LineScanner::expect_imm64() {
  const size_t start = column();
  const auto number = expect_number();
  if (!number) return 0;
  if (number->negative && number->magnitude > uint64_t{1} << 63) {
    fail_at(start, "a number of 64 bits", kRange);
    return 0;
  }
  return number->negative ? 0 - number->magnitude : number->magnitude;
}

uint32_t LineScanner::expect_index() { return static_cast<uint32_t>(expect_signed(0, UINT32_MAX, false)); }

int16_t LineScanner::expect_displacement() {
  return static_cast<int16_t>(expect_signed(std::numeric_limits<int16_t>::min(), INT16_MAX, true));
}

int32_t LineScanner::expect_distance(int32_t min, int32_t max) {
  return static_cast<int32_t>(expect_signed(min, max, true));
}

void LineScanner::expect_end() {
  if (!at_end()) fail("the end of the line");
}

}  // namespace perdita::isa
