// SPDX-License-Identifier: Apache-2.0
#include "compiler/period.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "compiler/refusal.h"

namespace perdita::compiler {

namespace {

struct Unit {
  std::string_view name;
  uint32_t us;
};
constexpr Unit kUnits[] = {{"s", 1'000'000}, {"ms", 1000}, {"us", 1}};

Diagnostic refused(const char* code, std::string message, const perdita_hook& hook, std::string have) {
  auto diagnostic = refusal(code, std::move(message), "the end of its section names it: SEC(\"timer/100ms\")");
  diagnostic.need = fmt::format("{} to {}", period_text(hook.period_min_us), period_text(hook.period_max_us));
  diagnostic.have = std::move(have);
  return diagnostic;
}

}  // namespace

std::optional<uint32_t> parse_period(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number == 0) return std::nullopt;
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  for (const Unit& unit : kUnits) {
    if (rest == unit.name && number <= UINT32_MAX / unit.us) return number * unit.us;
  }
  return std::nullopt;
}

std::string period_text(uint32_t period_us) {
  for (const Unit& unit : kUnits) {
    if (period_us % unit.us == 0) return fmt::format("{}{}", period_us / unit.us, unit.name);
  }
  return {};
}

Result<uint32_t> period_of(const object::Prog& prog, const perdita_hook& hook) {
  if (hook.period_max_us == 0) {
    // Lifted from an image for a platform where that hook was periodic.
    if (prog.period_us == 0) return uint32_t{0};
    return refusal("period-not-here",
                   fmt::format("the hook '{}' of program '{}' is not periodic", hook.name, prog.name),
                   "compile it for the platform that it was written for");
  }
  uint32_t period_us = prog.period_us;
  if (period_us == 0) {
    const size_t slash = prog.section.rfind('/');
    const std::string text = slash == std::string::npos ? "" : prog.section.substr(slash + 1);
    const auto parsed = parse_period(text);
    if (!parsed) {
      return refused("period-missing", fmt::format("program '{}' does not say how often it runs", prog.name), hook,
                     text.empty() ? fmt::format("the section '{}'", prog.section) : fmt::format("'{}'", text));
    }
    period_us = *parsed;
  }
  if (period_us >= hook.period_min_us && period_us <= hook.period_max_us) return period_us;
  return refused(
      "period-range",
      fmt::format("the hook '{}' does not run program '{}' that often, or that rarely", hook.name, prog.name), hook,
      period_text(period_us));
}

}  // namespace perdita::compiler
