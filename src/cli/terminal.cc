// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "diag/render.h"
#include "pipeline/verdict_json.h"

namespace perdita::cli {

void Terminal::result(std::string_view text) const {
  if (!json) bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

void Terminal::document(const nlohmann::ordered_json& document) const {
  // Text from foreign files may hold anything: what is no UTF-8 is replaced, never thrown about.
  fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Terminal::document_line(const nlohmann::ordered_json& document) const {
  fmt::print("{}\n", document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Terminal::bytes(const uint8_t* bytes, size_t size) const { std::fwrite(bytes, 1, size, stdout); }

void Terminal::message(std::string_view text) const {
  if (!quiet) fmt::print(stderr, "{}\n", text);
}

int Terminal::fail(const Diagnostic& diagnostic) const {
  progress("");
  diagnose(diagnostic);
  if (json) document({{"error", pipeline::to_json(diagnostic)}});
  return static_cast<int>(diagnostic.outcome == Outcome::done ? Outcome::refused : diagnostic.outcome);
}

void Terminal::diagnose(const Diagnostic& diagnostic) const {
  fmt::print(stderr, "{}", render(diagnostic, colored(STDERR_FILENO)));
}

void Terminal::progress(std::string_view text) const {
  if (quiet || json || isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
}

std::string Terminal::good(std::string_view text) const { return painted("\x1b[1;32m", text); }
std::string Terminal::bad(std::string_view text) const { return painted("\x1b[1;31m", text); }
std::string Terminal::strong(std::string_view text) const { return painted("\x1b[1m", text); }

bool Terminal::colored(int fd) const {
  if (color != Color::automatic) return color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  return isatty(fd) != 0 && (no_color == nullptr || *no_color == '\0');
}

std::string Terminal::painted(const char* code, std::string_view text) const {
  if (!colored(STDOUT_FILENO)) return std::string(text);
  return fmt::format("{}{}\x1b[0m", code, text);
}

}  // namespace perdita::cli
