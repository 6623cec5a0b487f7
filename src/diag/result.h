// SPDX-License-Identifier: Apache-2.0
//
// Errors of the host as values. A Diagnostic is structured: a stable code (docs/guide/errors.md lists them all), where,
// what was needed, what was found, and what to do. Text is made in one place, diag/render.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace perdita {

// What an error means for whoever called the command: its exit code (cli: 0 done, 1 no, 2 wrong use, 3 unreachable).
enum class Outcome : uint8_t { done = 0, refused = 1, unusable_input = 2, unreachable = 3 };

struct Place {
  std::string file;   // empty: none
  uint32_t line = 0;  // 0: none
  uint32_t column = 0;
  std::string source;  // the source line's text
  std::optional<uint32_t> instruction;
};

struct Diagnostic {
  std::string code;  // stable, lower-case with dashes: "object-not-elf"
  Outcome outcome = Outcome::refused;
  std::string message;  // what happened, one sentence without the place
  Place place;
  std::string need;  // what was needed
  std::string have;  // what is known instead
  std::string hint;  // what to do
};

// A value, or the Diagnostic that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}                     // NOLINT: implicit on purpose
  Result(Diagnostic diagnostic) : content_(std::move(diagnostic)) {}  // NOLINT

  explicit operator bool() const { return content_.index() == 0; }
  // Only where there is a value.
  T& value() { return std::get<0>(content_); }
  const T& value() const { return std::get<0>(content_); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  // Only where there is none.
  const Diagnostic& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, Diagnostic> content_;
};

}  // namespace perdita
