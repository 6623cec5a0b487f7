// SPDX-License-Identifier: Apache-2.0
//
// Bytecode on an engine, without a runtime around it: for tests of the engines. The context is a block of bytes that
// may be read and written (r1, its length in r2); helper 5 returns its first argument, as the conformance suite wants.
#pragma once

#include <algorithm>
#include <vector>

#include "isa/helpers.h"
#include "runtime/engine.h"
#include "runtime/fake_port.h"

namespace perdita::runtime {

class EngineBench {
 public:
  using Engine = Outcome (*)(const Invocation&);

  EngineBench() {
    tail_call_.name = "tail_call";
    tail_call_.helper = isa::kHelperTailCall;
    helper_.name = "first_argument";
    helper_.helper = 5;
    helpers_[0] = {&helper_, [](void*, const uint64_t* args) { return args[0]; }};
    const auto never = [](void*, const uint64_t*) -> uint64_t { return 0; };  // run by the engine itself
    helpers_[1] = {isa::find_helper(isa::kHelperForEachMapElem), never};
    helpers_[2] = {isa::find_helper(isa::kHelperLoop), never};
    // Names the next program, as the routine does where the call succeeds.
    helpers_[3] = {&tail_call_, [](void* invocation, const uint64_t*) -> uint64_t {
                     static_cast<const Invocation*>(invocation)->activity->next = reinterpret_cast<Prog*>(8);
                     return 0;
                   }};
    link.helpers = Span<const LinkedCall>(helpers_);
    hook.name = "bench";
    hook.packet_writable = 1;
  }
  EngineBench(const EngineBench&) = delete;
  EngineBench& operator=(const EngineBench&) = delete;

  Outcome run(Engine engine, const std::vector<isa::Insn>& code) {
    field_ = {"memory", 0, static_cast<uint16_t>(context.size()), PERDITA_FIELD_SCALAR, 1};
    if (hook.fields == nullptr || hook.fields == &field_) {
      hook.fields = &field_;
      hook.field_count = 1;
      hook.context_size = static_cast<uint32_t>(context.size());
    }
    const std::vector<Subprogram> subprograms = subprograms_of(code);
    std::vector<uint64_t> stack(stack_bytes / 8);
    activity = {};
    return engine({&port.port,
                   &link,
                   {code.data(), code.size()},
                   {subprograms.data(), subprograms.size()},
                   &hook,
                   context.data(),
                   static_cast<uint32_t>(context.size()),
                   {reinterpret_cast<uint8_t*>(stack.data()), stack.size() * 8},
                   &activity,
                   steps});
  }

  FakePort port;
  LinkTable link;
  perdita_hook hook{};
  Activity activity{};
  std::vector<uint8_t> context;
  size_t stack_bytes = isa::kMaxFrames * isa::kFrameStackBytes;
  uint64_t steps = 1000000;

 private:
  // The entry and whatever is called or handed over as a callback, each with a whole frame.
  static std::vector<Subprogram> subprograms_of(const std::vector<isa::Insn>& code) {
    std::vector<Subprogram> found = {{0, isa::kFrameStackBytes}};
    for (size_t pc = 0; pc < code.size(); pc++) {
      const bool call = code[pc].opcode == (isa::kJmp | isa::kCall) && code[pc].src() == isa::kCallLocal;
      const bool callback = code[pc].opcode == isa::kLddw && code[pc].src() == isa::kLddwFunction;
      if (!call && !callback) continue;
      const int64_t target = static_cast<int64_t>(pc) + code[pc].imm + 1;
      const bool known = std::any_of(found.begin(), found.end(),
                                     [&](const Subprogram& subprogram) { return subprogram.first == target; });
      if (target > 0 && !known) found.push_back({static_cast<uint32_t>(target), isa::kFrameStackBytes});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return found;
  }

  perdita_function helper_{};
  perdita_function tail_call_{};
  LinkedCall helpers_[4];
  perdita_field field_{};
};

}  // namespace perdita::runtime
