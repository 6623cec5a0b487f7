// SPDX-License-Identifier: Apache-2.0
#include "isa/assemble.h"

#include <fmt/format.h>

#include <algorithm>

#include <limits>
#include <map>
#include <optional>
#include <string>

#include "isa/statement.h"

namespace perdita::isa {
namespace {

// A reference to a label, filled in when all labels are known.
struct Fixup {
  size_t slot;
  TargetField field;
  std::string_view label;
  uint32_t line;  // where it stands
  size_t column;
  std::string_view source;
};

class Assembler {
 public:
  explicit Assembler(std::string_view text) : rest_(text) {}

  Result<std::vector<Insn>> run() {
    while (!rest_.empty() && !problem_) {
      const size_t end = rest_.find('\n');
      source_ = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
      number_++;
      read_line();
    }
    for (const Fixup& fixup : fixups_) {
      if (!problem_) resolve(fixup);
    }
    if (problem_) return *problem_;
    return std::move(code_);
  }

 private:
  static std::string_view without_comment(std::string_view line) {
    return line.substr(0, std::min({line.find('#'), line.find(';'), line.find("//")}));
  }

  void fail(uint32_t line, size_t column, std::string_view source, const char* code, std::string message,
            std::string need) {
    if (problem_) return;
    Diagnostic& problem = problem_.emplace();
    problem.code = code;
    problem.outcome = Outcome::unusable_input;
    problem.message = std::move(message);
    problem.place.line = line;
    problem.place.column = static_cast<uint32_t>(column + 1);
    problem.place.source = source;
    problem.need = std::move(need);
  }

  void read_line() {
    LineScanner line(without_comment(source_));
    read_listing_number(line);
    read_labels(line);
    if (!line.failed() && !line.at_end()) {
      const Statement statement = is_kernel_style(line) ? parse_kernel_style(line) : parse_conformance_style(line);
      line.expect_end();
      if (!line.failed()) add(statement);
    }
    if (line.failed()) {
      const LineScanner::Problem& problem = line.problem();
      fail(number_, problem.column, source_, problem.code, "this line cannot be assembled", problem.need);
    }
  }

  // "  12:", as a listing has it: must be the slot that the instruction gets.
  void read_listing_number(LineScanner& line) {
    LineScanner ahead = line;
    if (!ahead.number_follows() || ahead.sign_follows()) return;
    const size_t column = line.column();
    const uint32_t slot = line.expect_index();
    line.expect(":");
    if (slot != code_.size()) line.fail_at(column, fmt::format("the number of this slot, {}", code_.size()));
  }

  void read_labels(LineScanner& line) {
    for (;;) {
      LineScanner ahead = line;
      const size_t column = ahead.column();
      const std::string_view name = ahead.word();
      if (name.empty() || !ahead.accept(":")) return;
      line = ahead;
      if (!labels_.emplace(name, code_.size()).second) {
        line.fail_at(column, "a label that is not there already", "asm-label");
      }
    }
  }

  void add(const Statement& statement) {
    if (statement.field != TargetField::none) {
      fixups_.push_back({code_.size(), statement.field, statement.label, number_, statement.column, source_});
    }
    if (statement.insn.opcode == (kJmp | kExit)) last_exit_ = code_.size();
    code_.push_back(statement.insn);
    if (statement.wide) code_.push_back({0, 0, 0, statement.next_imm});
  }

  // The conformance suites jump to "exit" without a label of that name: the last exit is meant.
  std::optional<size_t> target_of(std::string_view label) const {
    if (const auto found = labels_.find(label); found != labels_.end()) return found->second;
    return label == "exit" ? last_exit_ : std::nullopt;
  }

  void resolve(const Fixup& fixup) {
    const auto target = target_of(fixup.label);
    if (!target) {
      fail(fixup.line, fixup.column, fixup.source, "asm-label", fmt::format("there is no label '{}'", fixup.label),
           "a label of this text, or a distance such as +2");
      return;
    }
    const int64_t distance = static_cast<int64_t>(*target) - static_cast<int64_t>(fixup.slot) - 1;
    Insn& insn = code_[fixup.slot];
    if (fixup.field == TargetField::imm) {
      insn.imm = static_cast<int32_t>(distance);
      return;
    }
    if (distance < std::numeric_limits<int16_t>::min() || distance > std::numeric_limits<int16_t>::max()) {
      fail(fixup.line, fixup.column, fixup.source, "asm-range",
           fmt::format("'{}' is {} instructions away", fixup.label, distance), "a distance of 16 bits; gotol has 32");
      return;
    }
    insn.offset = static_cast<int16_t>(distance);
  }

  std::string_view rest_;
  std::string_view source_;  // the line that is read
  uint32_t number_ = 0;      // of that line, from 1
  std::vector<Insn> code_;
  std::map<std::string_view, size_t> labels_;
  std::vector<Fixup> fixups_;
  std::optional<size_t> last_exit_;
  std::optional<Diagnostic> problem_;
};

}  // namespace

Result<std::vector<Insn>> assemble(std::string_view text) { return Assembler(text).run(); }

}  // namespace perdita::isa
