// SPDX-License-Identifier: Apache-2.0
#include "runtime/frames.h"

namespace perdita::runtime {
namespace {

using isa::kFrameRegister;

constexpr unsigned kPreservedBytes = sizeof(uint64_t[kPreserved]);

uint64_t address_of(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// Arguments of the iteration `loop.index`. False behind the last one.
bool next_iteration(CallbackLoop& loop, uint64_t* reg) {
  if (loop.map == nullptr) {
    if (loop.index == loop.bound) return false;
    reg[1] = loop.index;
    reg[2] = loop.data;
    return true;
  }
  uint8_t* key = nullptr;
  uint8_t* value = nullptr;
  if (!map_walk(*loop.map, loop.bound, key, value)) return false;
  // The key of an array is in no memory but this.
  loop.key = key != nullptr ? key : reinterpret_cast<const uint8_t*>(&loop.index);
  reg[1] = address_of(loop.map);
  reg[2] = address_of(loop.key);
  reg[3] = address_of(value);
  reg[4] = loop.data;
  return true;
}

}  // namespace

uint32_t find_subprogram(Span<const Subprogram> subprograms, int64_t first) {
  uint32_t low = 0;
  uint32_t high = static_cast<uint32_t>(subprograms.size());
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (subprograms[middle].first < first) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool found = low < subprograms.size() && subprograms[low].first == first;
  return found ? low : static_cast<uint32_t>(subprograms.size());
}

const LinkedCall* find_helper_call(Span<const LinkedCall> helpers, int32_t number) {
  for (const LinkedCall& helper : helpers) {
    if (helper.contract->helper == static_cast<uint32_t>(number)) return &helper;
  }
  return nullptr;
}

const LinkedCall* find_call(const Machine& machine, const isa::Insn& insn) {
  const LinkTable& link = *machine.invocation.link;
  if (insn.src() == isa::kCallHelper) return find_helper_call(link.helpers, insn.imm);
  const auto index = static_cast<uint32_t>(insn.imm);
  return insn.src() == isa::kCallFunction && index < link.functions.size() ? &link.functions[index] : nullptr;
}

void leave_frames(const Machine& machine) {
  Activity& activity = *machine.invocation.activity;
  const isa::Insn* const first = machine.first();
  const SavedFrame* frame = machine.frames + machine.depth;
  activity.fault_frames = machine.depth;
  for (uint32_t* pc = activity.return_pcs; frame != machine.frames; pc++) {
    *pc = static_cast<uint32_t>((--frame)->return_to - first);
  }
}

Status enter_program(Machine& machine) {
  const Invocation& invocation = machine.invocation;
  machine.depth = 0;
  machine.subprogram = 0;
  for (uint64_t& reg : machine.reg) reg = 0;
  machine.reg[1] = address_of(invocation.context);
  machine.reg[2] = invocation.second_argument;
  machine.reg[kFrameRegister] = address_of(invocation.stack.data()) + invocation.stack.size();
  const bool fits = !invocation.subprograms.empty() && invocation.subprograms[0].stack_bytes <= invocation.stack.size();
  return fits ? Status::ok : Status::out_of_stack;
}

Status enter_subprogram(Machine& machine, const isa::Insn*& pc, int64_t target) {
  const Span<const Subprogram> subprograms = machine.invocation.subprograms;
  const uint32_t callee = find_subprogram(subprograms, target);
  if (callee == subprograms.size() || subprograms[callee].first >= machine.invocation.code.size()) {
    return Status::bad_jump;
  }
  // The frame below the caller's: its r10 is where the caller's frame ends.
  const uint64_t top = machine.lowest();
  const uint64_t left_bytes = top - address_of(machine.invocation.stack.data());
  if (machine.depth == isa::kMaxFrames - 1 || left_bytes < subprograms[callee].stack_bytes) {
    return Status::out_of_stack;
  }
  SavedFrame& frame = machine.frames[machine.depth++];
  frame.return_to = pc;
  frame.subprogram = machine.subprogram;
  frame.is_callback = false;
  __builtin_memcpy(frame.registers, &machine.reg[kFirstPreserved], kPreservedBytes);
  machine.subprogram = callee;
  machine.reg[kFrameRegister] = top;
  pc = machine.first() + subprograms[callee].first;
  return Status::ok;
}

Status enter_loop(Machine& machine, const isa::Insn*& pc, uint32_t helper) {
  uint64_t* const reg = machine.reg;
  CallbackLoop loop = {reg[3], 0, 0, nullptr, nullptr};
  // In the order of Linux (Documentation/bpf and bpf-helpers(7)): flags, then the number of iterations.
  bool wrong = reg[4] != 0;
  int64_t error = kErrorInvalid;
  if (helper == isa::kHelperLoop) {
    loop.bound = static_cast<uint32_t>(reg[1]);
    if (!wrong && loop.bound > isa::kMaxLoopIterations) {
      wrong = true;
      error = kErrorTooBig;
    }
  } else {
    loop.map = reinterpret_cast<const Map*>(static_cast<uintptr_t>(reg[1]));
  }
  const uint64_t callback = reg[2];
  reg[0] = wrong ? static_cast<uint64_t>(error) : 0;
  if (wrong) return Status::ok;

  // Entered even where there is nothing to go through: whether a program faults does not depend on what a map holds.
  const isa::Insn* const return_to = pc;
  const Status entered = enter_subprogram(machine, pc, static_cast<int64_t>(callback));
  if (entered != Status::ok) return entered;
  SavedFrame& frame = machine.frames[machine.depth - 1];
  frame.is_callback = true;
  frame.loop = loop;
  if (next_iteration(frame.loop, reg)) return Status::ok;
  machine.depth--;
  machine.subprogram = frame.subprogram;
  reg[kFrameRegister] = frame.registers[kPreserved - 1];
  pc = return_to;
  return Status::ok;
}

void leave_subprogram(Machine& machine, const isa::Insn*& pc) {
  SavedFrame& frame = machine.frames[machine.depth - 1];
  if (frame.is_callback) {
    const bool goes_on = machine.reg[0] == 0;
    frame.loop.index++;
    machine.reg[0] = frame.loop.index;
    if (goes_on && next_iteration(frame.loop, machine.reg)) {
      pc = machine.first() + machine.running().first;
      return;
    }
  }
  machine.depth--;
  machine.subprogram = frame.subprogram;
  pc = frame.return_to;
  __builtin_memcpy(&machine.reg[kFirstPreserved], frame.registers, kPreservedBytes);
}

}  // namespace perdita::runtime
