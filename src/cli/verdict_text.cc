// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict_text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "isa/helpers.h"
#include "pipeline/verdict_json.h"

namespace perdita::cli {
namespace {

void add_uses(std::string& out, const char* what, const std::vector<std::string>& names) {
  if (!names.empty()) out += fmt::format("{}{} {}", out.empty() ? "" : "; ", what, fmt::join(names, ", "));
}

std::vector<std::string> helper_names(const std::vector<uint32_t>& numbers) {
  std::vector<std::string> names;
  for (uint32_t number : numbers) {
    const perdita_function* helper = isa::find_helper(number);
    names.push_back(helper != nullptr ? helper->name : std::to_string(number));
  }
  return names;
}

std::string bounds_text(const verifier::ProgVerdict& prog, const platform::Platform& platform) {
  std::string out = fmt::format("    {} instructions; at most {} executed, {} bytes of stack\n", prog.instructions,
                                prog.bounds.instructions, prog.bounds.stack_bytes);
  const perdita_hook* hook = platform.hook(prog.hook);
  for (const auto& [engine, worst_case] : prog.bounds.machine_instructions) {
    out += fmt::format("    {}: at most {} machine instructions", engine, worst_case);
    if (hook != nullptr && hook->budget_instructions != 0) {
      out += fmt::format(" of the hook's {}", hook->budget_instructions);
    }
    out += "\n";
  }
  std::string uses;
  add_uses(uses, "helpers", helper_names(prog.helpers));
  add_uses(uses, "functions", prog.functions);
  add_uses(uses, "maps", prog.maps);
  add_uses(uses, "capabilities", prog.capabilities);
  if (!uses.empty()) out += fmt::format("    uses {}\n", uses);
  return out;
}

void diagnose_all(const Terminal& terminal, const pipeline::Verified& verified) {
  for (const auto& prog : verified.verdict.progs) {
    for (const auto& diagnostic : prog.diagnostics) terminal.diagnose(diagnostic);
  }
}

}  // namespace

int show_verdict(const Terminal& terminal, const std::string& file, const pipeline::Verified& verified,
                 const platform::Platform& platform) {
  terminal.progress("");
  const verifier::Verdict& verdict = verified.verdict;
  if (terminal.json) {
    terminal.document(pipeline::verdict_document(verified, platform.digest()));
    return verdict.accepted ? kDone : kNo;
  }
  diagnose_all(terminal, verified);
  auto word = [&terminal](bool accepted) { return accepted ? terminal.good("accepted") : terminal.bad("rejected"); };
  terminal.result(fmt::format("{}: {} for platform {} ({:.12}), verifier {}\n", terminal.strong(file),
                              word(verdict.accepted), platform.tables().name, platform.digest(), verifier::version()));
  for (const auto& prog : verdict.progs) {
    std::string hook = prog.hook.empty() ? fmt::format("section {}", prog.section) : fmt::format("hook {}", prog.hook);
    terminal.result(fmt::format("  {} ({}): {}\n", terminal.strong(prog.name), hook, word(prog.accepted)));
    if (prog.accepted) terminal.result(bounds_text(prog, platform));
    if (!prog.log.empty()) terminal.result(prog.log);
  }
  return verdict.accepted ? kDone : kNo;
}

int show_rejection(const Terminal& terminal, const std::string& file, const pipeline::Verified& verified,
                   const platform::Platform& platform) {
  terminal.progress("");
  diagnose_all(terminal, verified);
  if (terminal.json) terminal.document(pipeline::verdict_document(verified, platform.digest()));
  terminal.message(fmt::format("{}: rejected; nothing was made", file));
  return kNo;
}

}  // namespace perdita::cli
