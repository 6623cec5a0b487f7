// SPDX-License-Identifier: Apache-2.0
#include "isa/facts_text.h"

#include <fmt/format.h>

#include "isa/form.h"

namespace perdita::isa {
namespace {

const char* name_of(Upper upper) {
  switch (upper) {
    case Upper::in_register:
      return "";
    case Upper::zero:
      return "zero";
    case Upper::sign:
      return "sign";
    case Upper::either:
      break;
  }
  return "either";
}

const char* name_of(ShiftCount count) {
  switch (count) {
    case ShiftCount::unknown:
      return "";
    case ShiftCount::below_32:
      return "count below 32";
    case ShiftCount::from_32:
      return "count 32 to 63";
    case ShiftCount::below_64:
      break;
  }
  return "count below 64";
}

// The register whose upper half kFactUpperDead is about.
unsigned written(const Insn& insn) {
  const Form form = form_of(insn.opcode);
  if (form == Form::call || form == Form::exit) return 0;
  if (form == Form::atomic) return insn.imm == kCmpxchg ? 0 : insn.src();
  return insn.dst();
}

}  // namespace

std::string facts_text(const Insn& insn, const Facts& facts) {
  std::string text;
  auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  auto add_upper = [&add](unsigned reg, Upper upper) {
    if (upper != Upper::in_register) add(fmt::format("r{} {}", reg, name_of(upper)));
  };
  const Form form = form_of(insn.opcode);
  add_upper(form == Form::exit || form == Form::atomic ? 0 : insn.dst(), facts.dst);
  add_upper(insn.src(), facts.src);
  if (facts.count != ShiftCount::unknown) add(name_of(facts.count));
  if (facts.divisor_not_zero) add("divisor not zero");
  if (facts.alignment_log2 != 0) add(fmt::format("aligned {}", 1u << facts.alignment_log2));
  for (unsigned i = 0; i < kFactArgs; i++) {
    if (facts.args[i] != Upper::either) add_upper(i + 1, facts.args[i]);
  }
  if (facts.upper_dead) add(fmt::format("r{} low only", written(insn)));
  return text;
}

}  // namespace perdita::isa
