// SPDX-License-Identifier: Apache-2.0
#include "verifier/report.h"

#include <algorithm>
#include <utility>

namespace perdita::verifier {
namespace {

Diagnostic diagnostic_of(Finding finding) {
  Diagnostic diagnostic;
  diagnostic.code = finding.code;
  diagnostic.message = std::move(finding.message);
  diagnostic.need = std::move(finding.need);
  diagnostic.have = std::move(finding.have);
  diagnostic.hint = std::move(finding.hint);
  return diagnostic;
}

}  // namespace

Place place_of(const object::Prog& prog, uint32_t pc) {
  Place place;
  place.instruction = pc;
  auto behind =
      std::upper_bound(prog.lines.begin(), prog.lines.end(), pc,
                       [](uint32_t wanted, const object::SourceLine& line) { return wanted < line.instruction; });
  if (behind == prog.lines.begin()) return place;
  const object::SourceLine& line = *std::prev(behind);
  place.file = line.file;
  place.line = line.line;
  place.column = line.column;
  place.source = line.text;
  return place;
}

void Report::error(uint32_t pc, Finding finding) {
  if (full()) return;
  const Place place = place_of(prog_, pc);
  // One expression may be a load and a store: table[i]++.
  auto same_place = [&place](const Place& other) {
    return other.instruction == place.instruction ||
           (place.line != 0 && other.line == place.line && other.column == place.column && other.file == place.file);
  };
  bool known = std::any_of(diagnostics_.begin(), diagnostics_.end(), [&](const Diagnostic& diagnostic) {
    return diagnostic.code == finding.code && same_place(diagnostic.place);
  });
  if (known) return;
  Diagnostic diagnostic = diagnostic_of(std::move(finding));
  diagnostic.place = place;
  diagnostics_.push_back(std::move(diagnostic));
}

void Report::error(Finding finding) {
  if (!full()) diagnostics_.push_back(diagnostic_of(std::move(finding)));
}

void Report::add_all_of(Report&& other) {
  for (Diagnostic& diagnostic : other.diagnostics_) diagnostics_.push_back(std::move(diagnostic));
}

bool Report::has(std::string_view code) const {
  return std::any_of(diagnostics_.begin(), diagnostics_.end(),
                     [code](const Diagnostic& diagnostic) { return diagnostic.code == code; });
}

bool Report::only(std::span<const std::string_view> codes) const {
  return std::all_of(diagnostics_.begin(), diagnostics_.end(), [codes](const Diagnostic& diagnostic) {
    return std::find(codes.begin(), codes.end(), diagnostic.code) != codes.end();
  });
}

std::vector<Diagnostic> Report::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.place.instruction < b.place.instruction; });
  return std::move(diagnostics_);
}

}  // namespace perdita::verifier
