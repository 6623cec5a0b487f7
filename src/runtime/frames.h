// SPDX-License-Identifier: Apache-2.0
//
// The frames of an invocation, for both engines: calls of subprograms, and callbacks, which the engines run themselves
// (helpers loop and for_each_map_elem): a callback is a frame that remembers which loop it belongs to, so that no loop
// ever recurses on the C stack. At most isa::kMaxFrames frames, callers and callbacks together. Any level; no heap.
#pragma once

#include "runtime/engine.h"

namespace perdita::runtime {

// What a call to a subprogram preserves: r6 to r10.
constexpr unsigned kFirstPreserved = 6;
constexpr unsigned kPreserved = isa::kFrameRegister + 1 - kFirstPreserved;

// The loop that a callback belongs to.
struct CallbackLoop {
  uint64_t data;       // the callback's last argument
  uint32_t index;      // of the iteration under way; an array's key
  uint32_t bound;      // loop: iterations; map: where to walk on
  const Map* map;      // null: loop
  const uint8_t* key;  // map: what the callback may read, map->def.key_size bytes
};

struct SavedFrame {
  const isa::Insn* return_to;
  uint32_t subprogram;  // the caller
  bool is_callback;     // of `loop`
  uint64_t registers[kPreserved];
  CallbackLoop loop;
};

// Registers and frames of an invocation that is under way. `pc` in what follows is the instruction behind the current
// one, as RFC 9669 counts distances.
struct Machine {
  explicit Machine(const Invocation& what) : invocation(what) {}

  uint64_t reg[isa::kFrameRegister + 1];
  const Invocation& invocation;
  uint32_t depth;       // frames that wait
  uint32_t subprogram;  // the one that runs
  SavedFrame frames[isa::kMaxFrames - 1];

  const isa::Insn* first() const { return invocation.code.data(); }
  const Subprogram& running() const { return invocation.subprograms[subprogram]; }
  // The stack of all frames in use reaches down to here.
  uint64_t lowest() const { return reg[isa::kFrameRegister] - running().stack_bytes; }
};

// Registers and frame of the entry. ok, out_of_stack.
Status enter_program(Machine& machine);

// Calls the subprogram that starts at instruction `target`. ok, bad_jump (there is none), out_of_stack.
Status enter_subprogram(Machine& machine, const isa::Insn*& pc, int64_t target);

// Helpers loop and for_each_map_elem: enters the callback, or sets r0 at once where there is nothing to go through.
// Statuses as enter_subprogram.
Status enter_loop(Machine& machine, const isa::Insn*& pc, uint32_t helper);

// Exit of a subprogram or callback, never of the entry: back to the caller, or on to the loop's next iteration.
void leave_subprogram(Machine& machine, const isa::Insn*& pc);

// Leaves the frames that wait in the activity, for whoever tells of the fault.
void leave_frames(const Machine& machine);

// Index of the subprogram that starts at `first`, or the count where none does.
uint32_t find_subprogram(Span<const Subprogram> subprograms, int64_t first);

const LinkedCall* find_helper_call(Span<const LinkedCall> helpers, int32_t number);

// The helper or function that a call names, or null.
const LinkedCall* find_call(const Machine& machine, const isa::Insn& insn);

// Helpers whose callback the engine calls, see enter_loop.
constexpr bool engine_runs(int32_t helper) {
  return helper == static_cast<int32_t>(isa::kHelperLoop) || helper == static_cast<int32_t>(isa::kHelperForEachMapElem);
}

// Whether the helper that was called replaces the program by another one (tail_call; see Activity).
inline bool tail_called(const Machine& machine, const isa::Insn& insn) {
  return insn.imm == static_cast<int32_t>(isa::kHelperTailCall) && insn.src() == isa::kCallHelper &&
         machine.invocation.activity->next != nullptr;
}

}  // namespace perdita::runtime
