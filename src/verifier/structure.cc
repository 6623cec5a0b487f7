// SPDX-License-Identifier: Apache-2.0
#include "verifier/structure.h"

#include <fmt/format.h>

#include "isa/form.h"
#include "isa/map.h"
#include "isa/validate.h"
#include "object/judged_code.h"
#include "verifier/call_graph.h"

namespace perdita::verifier {
namespace {

// Ascending, not empty, starting at 0, covering the code without gap or overlap.
bool layout_covers(const object::Prog& prog) {
  uint64_t next = 0;
  for (const object::Subprogram& subprogram : prog.subprograms) {
    if (subprogram.first != next || subprogram.count == 0) return false;
    next += subprogram.count;
  }
  return next == prog.code.size() && !prog.subprograms.empty() && prog.subprograms.size() <= isa::kMaxSubprograms;
}

bool refuse_layout(Report& report, uint32_t pc, const std::string& have) {
  report.error(pc, {"subprogram-layout", "the program's table of subprograms does not describe its code",
                    fmt::format("1 to {} subprograms that cover the code; calls go to their first instructions",
                                isa::kMaxSubprograms),
                    have, "load the object again; if it comes from clang, please report it"});
  return false;
}

}  // namespace

bool check_structure(const object::Module& module, const object::Prog& prog, Report& report) {
  isa::References references{static_cast<uint32_t>(module.maps.size()), static_cast<uint32_t>(module.functions.size())};
  isa::Violation violation;
  bool valid = module.judged ? object::validate_judged(prog.code, references, violation)
                             : isa::validate({prog.code.data(), prog.code.size()}, references, violation);
  if (!valid) {
    report.error(violation.instruction, {"invalid-instruction", fmt::format("not valid bytecode: {}", violation.reason),
                                         "an instruction by the rules of RFC 9669", violation.reason, ""});
    return false;
  }
  if (!layout_covers(prog)) return refuse_layout(report, 0, "gaps, overlaps, or none at all");
  for (uint32_t pc = 0; pc < prog.code.size(); pc++) {
    const isa::Insn& insn = prog.code[pc];
    bool local = isa::form_of(insn.opcode) == isa::Form::call && insn.src() == isa::kCallLocal;
    if (local && subprogram_at(prog, int64_t{pc} + 1 + insn.imm) < 0) {
      return refuse_layout(report, pc, fmt::format("a call to instruction {}", int64_t{pc} + 1 + insn.imm));
    }
    bool handle = insn.opcode == isa::kLddw && insn.src() == isa::kLddwFunction;
    if (handle && subprogram_at(prog, int64_t{pc} + 1 + insn.imm) < 0) {
      return refuse_layout(report, pc, fmt::format("the address of instruction {}", int64_t{pc} + 1 + insn.imm));
    }
    if (insn.opcode == isa::kLddw) {
      // A subprogram must not begin in its second half: validate has seen calls only.
      if (subprogram_at(prog, int64_t{pc} + 1) >= 0) return refuse_layout(report, pc, "a subprogram inside a lddw");
      pc++;
    }
  }
  return true;
}

}  // namespace perdita::verifier
