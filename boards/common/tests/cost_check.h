// SPDX-License-Identifier: Apache-2.0
//
// One call's cost on the board, in machine instructions and bytes of stack, and whether a promise about it is kept and
// tight. For test firmware whose main has called board::start_counting(). Thread context, interrupts quiet.
#pragma once

#include <stdint.h>

#include "board.h"
#include "console.h"
#include "isa/cost.h"
#include "measure.h"

namespace board {

struct CallCost {
  uint32_t instructions, stack_bytes;
  uint64_t result;
};

// What `call`, a callable without arguments that returns uint64_t, takes beside two readings of the timer.
template <typename Call>
[[gnu::noinline]] CallCost cost_of(const Call& call) {
  constexpr uint32_t kPaintWords = 512;
  constexpr uint32_t kPaint = 0x5a17c0de;
  // What the call's frames overwrite of the paint below this one is what it took.
  uint32_t* const here = stack_pointer();
  for (uint32_t i = 1; i <= kPaintWords; i++) *static_cast<volatile uint32_t*>(here - i) = kPaint;
  const uint32_t empty_before = ticks();
  const uint32_t empty = ticks_between(empty_before, ticks());
  const uint32_t before = ticks();
  const uint64_t result = call();
  const uint32_t after = ticks();
  uint32_t deepest = kPaintWords;
  while (deepest > 0 && *static_cast<volatile uint32_t*>(here - deepest) == kPaint) deepest--;
  return {instructions(ticks_between(before, after) - empty), deepest * 4, result};
}

// What calls may take on this board's target, of what contracts promise (isa/cost.h).
inline uint32_t callee_percent() { return static_cast<uint32_t>(perdita::isa::callee_cost(kTarget, 100)); }

inline void print_share(const char* text, uint64_t measured, uint64_t promised) {
  print(text);
  print_number(static_cast<uint32_t>(measured));
  print(" of ");
  print_number(static_cast<uint32_t>(promised));
}

// Prints a line "cost: NAME, WHAT: …", and behind it "FAILED …" where the promise is broken or more than generous. True
// where it is neither: there is room for another compiler, no more than twice and what a call and two locks may differ.
// Promises are counted for one target, and tight on that one.
inline bool check_cost(const char* name, const char* what, const CallCost& cost, uint64_t promised_by_contract,
                       uint32_t stack_promised) {
  const uint64_t instructions_promised = perdita::isa::callee_cost(kTarget, promised_by_contract);
  print("cost: ");
  print(name);
  print(", ");
  print(what);
  print_share(": ", cost.instructions, instructions_promised);
  print_share(" instructions, ", cost.stack_bytes, stack_promised);
  print(" bytes of stack\n");
  // Frames are up to half as large again on other targets.
  const uint32_t stack_allowed = callee_percent() == 100 ? stack_promised : stack_promised + stack_promised / 2;
  const bool kept = cost.instructions <= instructions_promised && cost.stack_bytes <= stack_allowed;
  const bool tight = callee_percent() != 100 || instructions_promised <= 2 * uint64_t{cost.instructions} + 200;
  if (!kept) print("FAILED the promise is broken\n");
  if (!tight) print("FAILED the promise is more than twice too large\n");
  return kept && tight;
}

}  // namespace board
