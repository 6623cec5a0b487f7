// SPDX-License-Identifier: Apache-2.0
#include "pipeline/target.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "compiler/native_code.h"
#include "isa/cost.h"
#include "jit/generate.h"

namespace perdita::pipeline {
namespace {

bool is_of(std::string_view engine, const std::string& target) {
  return engine.size() > target.size() && engine.compare(0, target.size(), target) == 0 && engine[target.size()] == '/';
}

}  // namespace

const std::vector<std::string>& target_names() {
  static const std::vector<std::string> names = {"bytecode", "armv6m", "armv7m",
                                                 "rv32imc",  "xtensa", "xtensa-windowed"};
  return names;
}

Diagnostic not_there_yet(const std::string& what, const std::string& hint) {
  Diagnostic diagnostic;
  diagnostic.code = "not-there-yet";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = what + " is not there yet in this version";
  diagnostic.hint = hint;
  return diagnostic;
}

Result<std::monostate> check_code_target(const std::string& target) {
  if (target == kBytecode || jit::find_target({target.data(), target.size()}) != nullptr) return std::monostate{};
  Diagnostic diagnostic =
      not_there_yet("machine code for " + target, "use --target bytecode: every board's engine runs it");
  diagnostic.have = kBytecode;
  for (const jit::Target* known : jit::targets()) diagnostic.have += std::string(", ") + known->name;
  return diagnostic;
}

Result<std::monostate> check_bound_target(const std::string& target) {
  std::vector<std::string> engines;
  for (const isa::EngineCost& cost : isa::engine_costs()) engines.emplace_back(cost.engine);
  for (const jit::Target* one : jit::targets()) engines.push_back(compiler::native_engine(*one));
  bool known = std::any_of(engines.begin(), engines.end(),
                           [&target](const std::string& engine) { return is_of(engine, target); });
  if (known) return std::monostate{};
  Diagnostic diagnostic;
  diagnostic.code = "target-unknown";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = fmt::format("no bounds in machine instructions are known for the target '{}'", target);
  diagnostic.have = fmt::format("{}", fmt::join(engines, ", "));
  return diagnostic;
}

void keep_target(verifier::ProgVerdict& prog, const std::string& target) {
  if (target.empty()) return;
  const auto of_another = [&target](const auto& entry) { return !is_of(entry.first, target); };
  std::erase_if(prog.bounds.machine_instructions, of_another);
  std::erase_if(prog.code_bytes, of_another);
}

}  // namespace perdita::pipeline
