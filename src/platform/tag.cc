// SPDX-License-Identifier: Apache-2.0
#include "platform/tag.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace perdita::platform {
namespace {

constexpr std::string_view kPrefix = "perdita.";
constexpr int kMaxDepth = 16;  // parentheses and signs inside each other

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Reads left to right; the first error latches, and nothing is taken after it.
class TagReader {
 public:
  explicit TagReader(std::string_view text) : rest_(text) {}

  std::optional<Tag> read() {
    Tag tag;
    take(kPrefix);
    tag.name = word();
    take("(");
    skip_blanks();
    while (error_.empty() && !rest_.starts_with(')')) {
      if (!tag.items.empty()) take(",");
      tag.items.push_back(item());
      skip_blanks();
    }
    take(")");
    if (!rest_.empty()) fail("nothing may follow the closing parenthesis");
    if (!error_.empty()) return std::nullopt;
    return tag;
  }

  const std::string& error() const { return error_; }

 private:
  void fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
    rest_ = {};
  }

  void skip_blanks() {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }

  bool accept(std::string_view text) {
    skip_blanks();
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  void take(std::string_view text) {
    if (!accept(text)) fail(fmt::format("'{}' is missing", text));
  }

  std::string word() {
    size_t size = std::find_if_not(rest_.begin(), rest_.end(), is_word) - rest_.begin();
    std::string word(rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (word.empty()) fail("a name is missing");
    return word;
  }

  TagItem item() {
    skip_blanks();
    if (rest_.starts_with('"')) return text();
    return sum_and_shift(0);
  }

  std::string text() {
    rest_.remove_prefix(1);
    size_t size = std::min(rest_.find('"'), rest_.size());
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (text.find('\\') != std::string::npos) fail("a text holds a backslash");
    take("\"");
    return text;
  }

  // C's precedence: shift, then sum, then product, then sign. Values are exact in 64 bits or refused.
  int64_t sum_and_shift(int depth) {
    int64_t value = sum(depth);
    while (accept("<<")) {
      int64_t by = sum(depth);
      if (by < 0 || by > 62 || value < 0 || value > (INT64_MAX >> by)) {
        fail("a shift leaves 64 bits");
        return 0;
      }
      value <<= by;
    }
    return value;
  }

  int64_t sum(int depth) {
    int64_t value = product(depth);
    while (true) {
      bool overflow = false;
      if (accept("+")) {
        overflow = __builtin_add_overflow(value, product(depth), &value);
      } else if (accept("-")) {
        overflow = __builtin_sub_overflow(value, product(depth), &value);
      } else {
        return value;
      }
      if (overflow) fail("a sum leaves 64 bits");
    }
  }

  int64_t product(int depth) {
    int64_t value = factor(depth);
    while (accept("*")) {
      if (__builtin_mul_overflow(value, factor(depth), &value)) fail("a product leaves 64 bits");
    }
    return value;
  }

  int64_t factor(int depth) {
    if (depth >= kMaxDepth) {
      fail("an expression is nested too deep");
      return 0;
    }
    if (accept("-")) {
      int64_t value = 0;
      if (__builtin_sub_overflow(0, factor(depth + 1), &value)) fail("a number leaves 64 bits");
      return value;
    }
    if (accept("+")) return factor(depth + 1);
    if (accept("(")) {
      int64_t value = sum_and_shift(depth + 1);
      take(")");
      return value;
    }
    return literal();
  }

  int64_t literal() {
    skip_blanks();
    if (rest_.empty() || !is_digit(rest_.front())) {
      std::string found(rest_.substr(0, std::find_if_not(rest_.begin(), rest_.end(), is_word) - rest_.begin()));
      fail(found.empty() ? "a number is missing" : fmt::format("'{}' is not a number", found));
      return 0;
    }
    int base = 10;
    if (rest_.starts_with("0x") || rest_.starts_with("0X")) {
      base = 16;
      rest_.remove_prefix(2);
      if (rest_.empty() || digit_value(rest_.front()) >= base) fail("a number is missing");
    } else if (rest_.size() > 1 && rest_.front() == '0' && is_digit(rest_[1])) {
      base = 8;
    }
    int64_t value = 0;
    while (!rest_.empty() && digit_value(rest_.front()) < base) {
      if (__builtin_mul_overflow(value, base, &value) ||
          __builtin_add_overflow(value, digit_value(rest_.front()), &value)) {
        fail("a number leaves 64 bits");
        return 0;
      }
      rest_.remove_prefix(1);
    }
    while (!rest_.empty() && std::string_view("uUlL").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
    if (!rest_.empty() && is_word(rest_.front())) fail("a number is followed by letters");
    return value;
  }

  std::string_view rest_;
  std::string error_;
};

}  // namespace

bool is_platform_tag(std::string_view text) { return text.starts_with(kPrefix); }

Result<Tag> read_tag(std::string_view text) {
  TagReader reader(text);
  if (std::optional<Tag> tag = reader.read()) return *tag;
  return Diagnostic{.code = "platform-tag-malformed",
                    .outcome = Outcome::unusable_input,
                    .message = fmt::format("the property {} cannot be read: {}", text, reader.error()),
                    .place = {},
                    .need = "numbers as constant expressions of literals with + - * << ( ), and quoted texts",
                    .have = {},
                    .hint = "use #define instead of enum, const or sizeof: the preprocessor has to know the value"};
}

}  // namespace perdita::platform
