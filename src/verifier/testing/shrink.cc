// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/shrink.h"

#include "isa/form.h"
#include "isa/validate.h"

namespace perdita::verifier::testing {
namespace {

bool keeps_rules(const Code& code) {
  isa::Violation violation;
  return !code.empty() && isa::validate({code.data(), code.size()}, {INT32_MAX, INT32_MAX}, violation);
}

}  // namespace

Code shrink(Code code, const std::function<bool(const Code&)>& shows) {
  auto take = [&](const std::vector<Unit>& units) {
    std::optional<Code> smaller = units.empty() ? std::nullopt : code_of(units);
    if (!smaller || !keeps_rules(*smaller) || !shows(*smaller)) return false;
    code = *std::move(smaller);
    return true;
  };
  for (bool progress = true; progress;) {
    progress = false;
    std::vector<Unit> units = units_of(code);
    for (size_t count = units.size() / 2; count > 0; count /= 2) {
      for (size_t first = 0; first + count <= units.size();) {
        if (take(without(units, first, count))) {
          units = units_of(code);
          progress = true;
        } else {
          first += count > 4 ? count / 2 : 1;
        }
      }
    }
    for (size_t i = 0; i < units.size(); i++) {
      bool value = isa::rules_of(isa::form_of(units[i].insn.opcode)).imm == isa::ImmRule::value;
      for (int32_t simpler : {0, 1, units[i].insn.imm / 2}) {
        if (!value || simpler == units[i].insn.imm) continue;
        std::vector<Unit> changed = units;
        changed[i].insn.imm = simpler;
        if (!take(changed)) continue;
        units = std::move(changed);
        break;
      }
    }
  }
  return code;
}

}  // namespace perdita::verifier::testing
