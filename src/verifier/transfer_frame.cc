// SPDX-License-Identifier: Apache-2.0
//
// Frames. A call of a subprogram keeps r1 to r5 as arguments and sets r6 to r9 aside; the callee has a fresh stack. On
// return r1 to r5 are gone, r6 to r9 are back, and so is every pointer into the callee's frame: gone.
#include <fmt/format.h>

#include "isa/hook_result.h"
#include "verifier/access.h"
#include "verifier/describe.h"
#include "verifier/leak.h"
#include "verifier/transfer.h"

namespace perdita::verifier {

void transfer_enter(State& state, uint32_t subprogram, uint32_t call_site, uint16_t live_after) {
  Frame frame;
  frame.subprogram = subprogram;
  frame.call_site = call_site;
  for (size_t i = 0; i < frame.saved.size(); i++) {
    if ((live_after >> (6 + i) & 1) != 0) frame.saved.edit(i) = state.regs[6 + i];
    state.regs[6 + i] = {};
  }
  state.regs[0] = {};
  state.frames.push_back(std::move(frame));
  state.regs[isa::kFrameRegister] = RegValue::pointer(RegKind::stack);
  state.regs[isa::kFrameRegister].frame = static_cast<uint8_t>(state.frames.size() - 1);
}

void transfer_return(Analysis& analysis, State& state, uint32_t pc) {
  const size_t gone = state.frames.size() - 1;
  auto into_gone_frame = [gone](const RegValue& value) { return value.ends_with(gone); };
  if (into_gone_frame(state.regs[0])) {
    analysis.error(pc,
                   {"dangling-pointer", "a subprogram returns a pointer to its own stack", "a value that outlives it",
                    describe(analysis.subject.module, state.regs[0]), "let the caller pass the buffer"});
    state.regs[0] = RegValue::of_kind(RegKind::poison);
  }
  for (unsigned reg = 1; reg <= 5; reg++) state.regs[reg] = {};
  for (size_t i = 0; i < 4; i++) state.regs[6 + i] = state.frames.back().saved[i];
  state.frames.pop_back();
  for (size_t i = 0; i < state.frames.size(); i++) {
    bool any = false;
    for (const StackCell& cell : state.stack(i).cells()) any = any || into_gone_frame(cell.value);
    if (any) state.edit_stack(i).forget(into_gone_frame);
  }
  state.regs[isa::kFrameRegister] = RegValue::pointer(RegKind::stack);
  state.regs[isa::kFrameRegister].frame = static_cast<uint8_t>(state.frames.size() - 1);
}

// 0 goes on, 1 ends the loop, and nothing else may come back: engines look at all 64 bits.
void check_callback_result(Analysis& analysis, State& state, uint32_t pc) {
  check_nothing_held(analysis, state, pc, "is held where the callback that reserved it ends");
  if (!check_readable(analysis, state, pc, 0)) return;
  const RegValue& result = state.regs[0];
  if (result.is_scalar() && result.value.wide.u.max <= 1) return;
  analysis.error(
      pc, {"callback-result", "a callback may return something else than 0 or 1", "0 to go on, 1 to end the loop",
           describe(analysis.subject.module, result), "return 0 or 1 on every path"});
}

namespace {

// The result is all 64 bits of r0 as a signed number; where the hook's range lies inside int32, its low 32 bits, as a
// program that returns int leaves them (the upper half is then zero, not a copy of the sign).
void check_result(Analysis& analysis, const State& state, uint32_t pc) {
  if (!check_readable(analysis, state, pc, 0)) return;
  const RegValue& result = state.regs[0];
  if (result.is_pointer()) {
    analysis.error(pc, {"pointer-leaked", "the program returns a pointer", "a number",
                        describe(analysis.subject.module, result), "return what it points to, or a verdict"});
    return;
  }
  const perdita_hook& hook = analysis.subject.hook;
  bool as_int = isa::result_is_int32(hook);
  int64_t low = as_int ? result.value.low.s.min : result.value.wide.s.min;
  int64_t high = as_int ? result.value.low.s.max : result.value.wide.s.max;
  if (hook.result_min <= low && high <= hook.result_max) return;
  std::string have = low == high ? fmt::format("r0 is {}", low) : fmt::format("r0 from {} to {}", low, high);
  analysis.error(pc, {"result-range", fmt::format("the result may lie outside what hook '{}' accepts", hook.name),
                      fmt::format("r0 from {} to {}", hook.result_min, hook.result_max),
                      have + (as_int ? " (as int)" : ""), "return one of the hook's verdicts on every path"});
}

}  // namespace

void check_exit(Analysis& analysis, State& state, uint32_t pc) {
  check_result(analysis, state, pc);
  check_nothing_held(analysis, state, pc, "is still held at the program's end");
}

}  // namespace perdita::verifier
