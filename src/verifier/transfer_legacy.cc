// SPDX-License-Identifier: Apache-2.0
//
// The packet access of classic BPF, BPF_LD_ABS and BPF_LD_IND (RFC 9669, section 5.5): r0 gets bytes of the packet at a
// place that need not be checked before; r6 is the context; r1 to r5 are gone. Where the place lies outside the packet
// the program ends at once, with 0. Only verify-only platforms have it: no engine of ours runs it.
#include <fmt/format.h>

#include "verifier/access.h"
#include "verifier/describe.h"
#include "verifier/leak.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

constexpr unsigned kContextRegister = 6;

// What has to hold where the program may end: 0 is a result that the hook accepts, nothing is held, and no caller
// waits.
bool may_end(Analysis& analysis, State& state, uint32_t pc) {
  if (state.frames.size() > 1) {
    analysis.error(pc, {"legacy-load", "packet access of classic BPF may end the program, and this is not its entry",
                        "such an access in the program's own function", "one in a function that it calls",
                        "inline the function, or compare a packet pointer with data_end"});
    return false;
  }
  const perdita_hook& hook = analysis.subject.hook;
  if (hook.result_min > 0 || hook.result_max < 0) {
    analysis.error(
        pc, {"result-range", fmt::format("the program may end here with 0, which hook '{}' does not accept", hook.name),
             fmt::format("r0 from {} to {}", hook.result_min, hook.result_max), "r0 = 0", ""});
    return false;
  }
  return check_nothing_held(analysis, state, pc, "is held where packet access may end the program");
}

bool check(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  if (!analysis.subject.platform.legacy_loads(analysis.subject.hook)) {
    analysis.error(pc, {"legacy-load", "packet access of classic BPF",
                        fmt::format("a hook with such accesses; '{}' has none", analysis.subject.hook.name),
                        "BPF_LD_ABS or BPF_LD_IND", "compare a packet pointer with data_end, and load through it"});
    return false;
  }
  if (!check_readable(analysis, state, pc, kContextRegister)) return false;
  const RegValue& context = state.regs[kContextRegister];
  if (context.kind != RegKind::context || whole_offset(context) != Scalar64::constant(0)) {
    analysis.error(pc, {"legacy-load", "packet access of classic BPF needs the context in r6",
                        "the context pointer as the program received it",
                        "r6 is " + describe(analysis.subject.module, context), ""});
    return false;
  }
  if (isa::insn_mode(insn.opcode) == isa::kInd) {
    if (!check_readable(analysis, state, pc, insn.src())) return false;
    if (state.regs[insn.src()].is_pointer()) {
      analysis.error(pc, {"pointer-leaked", "a pointer is used as a place in the packet", "a number",
                          describe(analysis.subject.module, state.regs[insn.src()]), ""});
      return false;
    }
  }
  return may_end(analysis, state, pc);
}

}  // namespace

// Sound: going on, r0 is any number of that size, zero-extended (the bytes come in the machine's order); ending, the
// checks above are those of an exit.
void transfer_legacy(Analysis& analysis, State& state, uint32_t pc) {
  bool ok = check(analysis, state, pc);
  for (unsigned reg = 1; reg <= 5; reg++) state.regs[reg] = {};
  unsigned bits = isa::access_bytes(analysis.insn(pc).opcode) * 8;
  state.regs[0] =
      ok ? RegValue::scalar(domain::zero_extended(Scalar64::unknown(), bits)) : RegValue::of_kind(RegKind::poison);
}

}  // namespace perdita::verifier
