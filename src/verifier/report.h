// SPDX-License-Identifier: Apache-2.0
//
// Where errors of one program are collected: one per code and place in the source (or instruction, where that is not
// known), at most kMaxDiagnostics, each with its
// place in the source. The first state in which an error shows describes it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/result.h"
#include "object/module.h"

namespace perdita::verifier {

constexpr size_t kMaxDiagnostics = 8;

// What an error says beside its place.
struct Finding {
  std::string_view code;
  std::string message;
  std::string need;
  std::string have;
  std::string hint;
};

// The source line that the instruction `pc` comes from.
Place place_of(const object::Prog& prog, uint32_t pc);

class Report {
 public:
  // Full with `most` errors: the analysis ends there.
  explicit Report(const object::Prog& prog, size_t most = kMaxDiagnostics) : prog_(prog), most_(most) {}

  void error(uint32_t pc, Finding finding);
  // An error that belongs to no instruction.
  void error(Finding finding);

  // The errors of another report about the same program.
  void add_all_of(Report&& other);

  bool has(std::string_view code) const;
  // Whether all errors have one of these codes.
  bool only(std::span<const std::string_view> codes) const;
  bool any() const { return !diagnostics_.empty(); }
  bool full() const { return diagnostics_.size() >= most_; }
  // In the order of instructions.
  std::vector<Diagnostic> take();

 private:
  const object::Prog& prog_;
  const size_t most_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace perdita::verifier
