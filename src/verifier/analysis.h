// SPDX-License-Identifier: Apache-2.0
//
// What every transfer function has at hand: the program and its platform, where errors go, fresh identities, and how
// deep each subprogram's stack is used. One object per program verified.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "isa/helpers.h"
#include "object/module.h"
#include "perdita/contract.h"
#include "platform/platform.h"
#include "verifier/call_graph.h"
#include "verifier/report.h"
#include "verifier/state.h"

namespace perdita::verifier {

// The program under verification and all that its verdict depends on.
struct Subject {
  const object::Module& module;
  const object::Prog& prog;
  const perdita_hook& hook;
  std::vector<const perdita_function*> functions;  // by index in module.functions; null: the platform has none
  const platform::Platform& platform;

  // The contract of the helper with that number, or null.
  const perdita_function* helper(uint32_t number) const { return platform.helper(number); }
};

// V(part) is what the operation makes of V(whole) + fixed and `by` (parts.h): bit_and and rsh of 64 bits, add of 32
// bits, both sides of which are less than 2^32; bit_or with any number.
struct Part {
  uint32_t part, whole;
  int64_t fixed;
  domain::Operation operation;
  uint64_t by;
};

// V(number) = V(to) - V(from) + fixed, of offsets in one object. `low`: of the lower 32 bits, zero-extended.
struct Distance {
  uint32_t number, to, from;
  int64_t fixed;
  bool low;
};

struct Analysis {
  const Subject& subject;
  Report& report;
  uint32_t next_id = kFirstFreeId;
  std::vector<int> deepest;  // per subprogram: lowest stack offset used, 0 or negative
  // Of all program arrays that a tail call may go through: the most that is declared; 0: there is no tail call.
  uint64_t tail_instructions = 0;
  uint32_t tail_stack_bytes = 0;
  std::vector<std::vector<CallSite>> callbacks;  // per subprogram: calls of helpers that call back, once each
  std::vector<uint64_t> call_costs;              // per instruction: the most machine instructions its helper takes

  // That the block which is gone through has made so far.
  std::vector<Part> parts;
  std::vector<Distance> distances;

  bool linear = false;  // whether facts about several numbers are kept (linear.h)

  // While a loop is tried out, before it is known what is true at its head: nothing is reported or recorded, the first
  // error is put here.
  std::optional<std::pair<uint32_t, Finding>>* trial = nullptr;
  std::vector<uint32_t> loop_numbers;                       // what the loop that is tried out counts with
  std::vector<uint32_t> numbers_around;                     // and what the loops around it count with
  std::vector<std::pair<uint32_t, uint32_t>> one_bit_less;  // V(first) has at least one bit less than V(second)
  std::vector<std::pair<RegValue, RegValue>> compared;      // in it, with one of these numbers

  Analysis(const Subject& of, Report& to)
      : subject(of),
        report(to),
        deepest(of.prog.subprograms.size(), 0),
        callbacks(deepest.size()),
        call_costs(of.prog.code.size()) {}

  const isa::Insn& insn(uint32_t pc) const { return subject.prog.code[pc]; }
  const object::Map& map(const RegValue& value) const { return subject.module.maps[value.map]; }
  uint32_t fresh_id() { return next_id++; }
  bool is_loop_number(uint32_t id) const {
    return id != kNoId && std::find(loop_numbers.begin(), loop_numbers.end(), id) != loop_numbers.end();
  }
  // Gives a number that is not constant an identity, for others to be counted from it.
  void name(RegValue& value) {
    if (!value.is_scalar() || value.id != kNoId || value.value.is_constant()) return;
    value.id = fresh_id();
    value.fixed = 0;
    value.raised_id = kNoId;
  }
  void error(uint32_t pc, Finding finding) {
    if (trial == nullptr) return report.error(pc, std::move(finding));
    if (!*trial) *trial = std::pair{pc, std::move(finding)};
  }
  void use_call(uint32_t pc, uint64_t machine_instructions) {
    if (trial == nullptr) call_costs[pc] = std::max(call_costs[pc], machine_instructions);
  }
  void use_stack(const State& state, size_t frame, int offset) {
    if (trial != nullptr) return;
    int& lowest = deepest[state.frames[frame].subprogram];
    lowest = std::min(lowest, offset);
  }
};

}  // namespace perdita::verifier
