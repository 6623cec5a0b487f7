// SPDX-License-Identifier: Apache-2.0
#include "object/judged_code.h"

#include "isa/form.h"
#include "isa/helpers.h"

namespace perdita::object {
namespace {

bool well_formed_legacy(const isa::Insn& insn) {
  bool indirect = isa::insn_mode(insn.opcode) == isa::kInd;
  return insn.dst() == 0 && insn.offset == 0 && (indirect ? insn.src() < isa::kFrameRegister : insn.src() == 0);
}

}  // namespace

// What boards have not is replaced by what they have and what keeps to the same rules: the flow of control, and fields
// that are checked here. So there is one set of rules, and the one on boards has no exceptions.
bool validate_judged(const std::vector<isa::Insn>& code, const isa::References& references, isa::Violation& violation) {
  std::vector<isa::Insn> plain = code;
  for (uint32_t pc = 0; pc < plain.size(); pc++) {
    isa::Insn& insn = plain[pc];
    if (insn.opcode == isa::kLddw) {
      pc++;
    } else if (isa::form_of(insn.opcode) == isa::Form::legacy) {
      if (!well_formed_legacy(insn)) {
        violation = {pc, "a reserved field of packet access is not zero"};
        return false;
      }
      insn = {};
      insn.opcode = isa::kAlu64 | isa::kMov | isa::kK;
    } else if (insn.opcode == (isa::kJmp | isa::kCall) && insn.src() == isa::kCallHelper && insn.imm > 0) {
      insn.imm = static_cast<int32_t>(isa::kHelperMapLookup);
    }
  }
  return isa::validate({plain.data(), plain.size()}, references, violation);
}

}  // namespace perdita::object
