// SPDX-License-Identifier: Apache-2.0
//
// The backward pass over upper halves. Subprograms of a program go together: a call hands registers over as they are,
// so what a subprogram reads of its arguments its callers need, and what one of its callers reads of r0 its exits give.
// Monotone: masks only grow, and there are 11 bits of them, so the sweeps end: with the first one where control only
// goes forward.
#include "isa/form.h"
#include "verifier/call_graph.h"
#include "verifier/facts.h"

namespace perdita::verifier {
namespace {

using isa::Form;

constexpr uint16_t kArguments = 0b111110;       // r1 to r5
constexpr uint16_t kPreserved = 0b11111000000;  // r6 to r10: as before, behind a call

class DeadUppers {
 public:
  DeadUppers(const object::Prog& prog, const std::vector<bool>& visited, std::vector<isa::Facts>& facts)
      : prog_(prog), visited_(visited), facts_(facts), live_(prog.code.size()), gives_r0_(prog.subprograms.size()) {
    // The entry's result goes to the hook, a callback's to the engine: all 64 bits.
    gives_r0_[0] = true;
    for (size_t pc = 0; pc < prog.code.size(); pc++) {
      const isa::Insn& insn = prog.code[pc];
      if (insn.opcode != isa::kLddw) continue;
      if (insn.src() == isa::kLddwFunction) gives_r0_[subprogram(pc, insn)] = true;
      pc++;
    }
  }

  void run() {
    do {
      changed_ = false;
      for (size_t i = prog_.subprograms.size(); i-- > 0;) sweep(i);
    } while (changed_ && comes_back_);
  }

 private:
  size_t subprogram(size_t pc, const isa::Insn& insn) const {
    return static_cast<size_t>(subprogram_at(prog_, static_cast<int64_t>(pc) + 1 + insn.imm));
  }

  void sweep(size_t index) {
    const object::Subprogram& subprogram = prog_.subprograms[index];
    for (size_t pc = subprogram.first + subprogram.count; pc-- > subprogram.first;) {
      if (!visited_[pc]) continue;  // never executed, or the second half of a lddw
      uint16_t live = before(pc, index);
      changed_ = changed_ || live != live_[pc];
      live_[pc] = live;
    }
  }

  uint16_t behind_jump(int64_t next, int64_t by) {
    comes_back_ = comes_back_ || by < 0;
    return live_[static_cast<size_t>(next + by)];
  }

  uint16_t after(size_t pc, const isa::Insn& insn, Form form) {
    const auto next = static_cast<int64_t>(pc) + 1;
    switch (form) {
      case Form::exit:
        return 0;
      case Form::jump:
        return behind_jump(next, insn.offset);
      case Form::jump_wide:
        return behind_jump(next, insn.imm);
      case Form::branch_immediate:
      case Form::branch_register:
        return live_[static_cast<size_t>(next)] | behind_jump(next, insn.offset);
      case Form::load_wide:
        return live_[static_cast<size_t>(next + 1)];
      default:
        return live_[static_cast<size_t>(next)];
    }
  }

  uint16_t before(size_t pc, size_t index) {
    const isa::Insn& insn = prog_.code[pc];
    isa::Facts& facts = facts_[pc];
    const Form form = isa::form_of(insn.opcode);
    const uint16_t behind = after(pc, insn, form);
    if (form == Form::exit) {
      facts.upper_dead = !gives_r0_[index];
      return isa::upper_reads(insn, facts);
    }
    const uint16_t writes = isa::register_use(insn).writes;
    const bool is_call = form == Form::call;
    facts.upper_dead = (behind & (is_call ? 1 : writes)) == 0;
    if (!is_call || insn.src() != isa::kCallLocal) {
      return static_cast<uint16_t>((behind & ~writes) | isa::upper_reads(insn, facts));
    }
    const size_t callee = subprogram(pc, insn);
    comes_back_ = true;  // its arguments and its result go both ways
    if ((behind & 1) != 0 && !gives_r0_[callee]) {
      gives_r0_[callee] = true;
      changed_ = true;
    }
    return static_cast<uint16_t>((behind & kPreserved) | (live_[prog_.subprograms[callee].first] & kArguments));
  }

  const object::Prog& prog_;
  const std::vector<bool>& visited_;
  std::vector<isa::Facts>& facts_;
  std::vector<uint16_t> live_;  // before each instruction, a bit per register
  std::vector<bool> gives_r0_;  // per subprogram: somebody reads the upper half of what it returns
  bool changed_ = false;
  bool comes_back_ = false;  // something was asked for that this sweep may have yet to find out
};

}  // namespace

void find_dead_uppers(const object::Prog& prog, const std::vector<bool>& visited, std::vector<isa::Facts>& facts) {
  DeadUppers(prog, visited, facts).run();
}

}  // namespace perdita::verifier
