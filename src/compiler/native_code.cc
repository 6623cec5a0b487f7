// SPDX-License-Identifier: Apache-2.0
#include "compiler/native_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/encode.h"
#include "compiler/refusal.h"
#include "isa/cost.h"
#include "isa/facts.h"
#include "isa/form.h"
#include "runtime/native.h"
#include "verifier/cost.h"

namespace perdita::compiler {
namespace {

using runtime::RoutineCosts;
using verifier::saturated_product;
using verifier::saturated_sum;

constexpr std::string_view kNative = "/native";

const RoutineCosts* costs_of(const jit::Target& target) {
  const auto* found = std::ranges::find_if(
      runtime::kRoutineCosts, [&](const RoutineCosts& costs) { return std::string_view(costs.target) == target.name; });
  return found == std::end(runtime::kRoutineCosts) ? nullptr : found;
}

bool is_zero(isa::Upper upper) { return (static_cast<uint8_t>(upper) & 1) != 0; }
bool is_sign(isa::Upper upper) { return (static_cast<uint8_t>(upper) & 2) != 0; }

// How docs/spec/calling.md says that a division is done (Routines): by what is said of its operands here, a routine for
// 64 bits is not called. By an unsigned power of two none is, where words are divided.
enum class Division { wide, words, power };

bool right_is_zero(const isa::Insn& insn, const isa::Facts& facts) {
  return isa::uses_register(insn.opcode) ? is_zero(facts.src) : insn.imm >= 0;
}

Division division_of(const isa::Insn& insn, const isa::Facts& facts) {
  const bool by_register = isa::uses_register(insn.opcode);
  const auto value = static_cast<uint32_t>(insn.imm);
  const bool power = !by_register && value != 0 && (value & (value - 1)) == 0;
  if (isa::operand_bits(insn.opcode) == 32) return power && insn.offset == 0 ? Division::power : Division::words;
  if (is_zero(facts.dst) && right_is_zero(insn, facts)) return power ? Division::power : Division::words;
  const bool right_sign = !by_register || is_sign(facts.src);
  const bool fits = isa::insn_op(insn.opcode) == isa::kMod || facts.upper_dead || (!by_register && insn.imm != -1);
  return insn.offset == 1 && is_sign(facts.dst) && right_sign && fits ? Division::words : Division::wide;
}

// By a power of two a target shifts and masks 64 bits itself, too.
bool shifts_wide(const RoutineCosts& costs, const isa::Insn& insn) {
  const bool power = insn.imm > 0 && (insn.imm & (insn.imm - 1)) == 0;
  return std::string_view(costs.target) == "rv32imc" && !isa::uses_register(insn.opcode) && insn.offset == 0 && power;
}

uint32_t cost_of_routine(const RoutineCosts& costs, const isa::Insn& insn, const isa::Facts& facts) {
  const isa::Form form = isa::form_of(insn.opcode);
  if (form == isa::Form::atomic) return costs.atomic;
  if (form != isa::Form::divide_immediate && form != isa::Form::divide_register) return 0;
  switch (division_of(insn, facts)) {
    case Division::wide:
      return shifts_wide(costs, insn) ? 0 : costs.division;
    case Division::words:
      return costs.word_division;
    case Division::power:
      break;
  }
  return 0;
}

// First instructions of the subprograms that are handed over as callbacks.
std::set<size_t> callbacks_of(const object::Prog& prog) {
  std::set<size_t> found;
  for (size_t pc = 0; pc < prog.code.size(); pc++) {
    const isa::Insn& insn = prog.code[pc];
    if (insn.opcode != isa::kLddw) continue;
    if (insn.src() == isa::kLddwFunction) found.insert(pc + 1 + static_cast<size_t>(int64_t{insn.imm}));
    pc++;
  }
  return found;
}

uint64_t bound(const jit::Target& target, const RoutineCosts& routines, const object::Prog& prog,
               const verifier::ProgVerdict& verdict, const std::vector<uint16_t>& costs) {
  const std::set<size_t> callbacks = callbacks_of(prog);
  isa::FactReader facts({verdict.facts.data(), verdict.facts.size()});
  std::vector<std::pair<uint64_t, uint64_t>> prices;  // of one execution, and how many there are
  for (size_t pc = 0; pc < prog.code.size(); pc++) {
    const isa::Insn& insn = prog.code[pc];
    uint64_t once = saturated_sum(costs[pc] + cost_of_routine(routines, insn, facts.next(insn)),
                                  isa::callee_cost(target.name, verdict.call_costs[pc]));
    // Each iteration begins with it. Of a map's elements each is a step, and those in use are iterations: together no
    // more than their bound.
    if (callbacks.contains(pc)) once = saturated_sum(once, routines.iteration);
    prices.emplace_back(once, verdict.executions[pc]);
    if (insn.opcode == isa::kLddw) pc++;
  }
  // Not all of them are executed as often as each of them may be: the dearest are, as long as there are instructions.
  std::sort(prices.begin(), prices.end(), std::greater());
  uint64_t left = verdict.bounds.instructions - verdict.bounds.tail_instructions;
  uint64_t most = routines.invocation;
  for (const auto& [once, executions] : prices) {
    const uint64_t times = std::min(executions, left);
    left -= times;
    most = saturated_sum(most, saturated_product(times, once));
  }
  return saturated_sum(most, verdict.bounds.tail_instructions);
}

}  // namespace

uint32_t routine_cost(const jit::Target& target, const isa::Insn& insn, const isa::Facts& facts) {
  const RoutineCosts* const costs = costs_of(target);
  return costs != nullptr ? cost_of_routine(*costs, insn, facts) : 0;
}

std::vector<uint32_t> helpers_of(const object::Module& module) {
  std::set<uint32_t> numbers;
  for (const object::Prog& prog : module.progs) {
    for (size_t pc = 0; pc < prog.code.size(); pc++) {
      const isa::Insn& insn = prog.code[pc];
      if (insn.opcode == isa::kLddw) {
        pc++;  // its second half is no instruction
      } else if (insn.opcode == (isa::kJmp | isa::kCall) && insn.src() == isa::kCallHelper) {
        numbers.insert(static_cast<uint32_t>(insn.imm));
      }
    }
  }
  return {numbers.begin(), numbers.end()};
}

namespace {

// From numbers modulo 2^16, which ascend.
std::vector<uint32_t> starts_of(const jit::Target& target, const jit::Program& program, const uint16_t* from) {
  std::vector<uint32_t> starts;
  uint32_t at = 0;
  bool second_half = false;
  for (size_t pc = 0; pc <= program.code.size(); pc++) {
    if (!second_half) at += static_cast<uint16_t>(from[pc] - at);
    starts.push_back(at * unit_bytes(target.name));
    second_half = !second_half && pc < program.code.size() && program.code[pc].opcode == isa::kLddw;
  }
  return starts;
}

}  // namespace

Result<NativeCode> generate(const jit::Target& target, const std::string& prog, const jit::Program& program) {
  NativeCode native;
  native.costs.resize(program.code.size());
  std::vector<uint64_t> workspace(target.workspace_bytes(program) / sizeof(uint64_t) + 1);
  const MutableBytes work = {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * sizeof(uint64_t)};
  jit::Generated generated = target.generate(program, work, {}, {native.costs.data(), native.costs.size()});
  if (generated.failure == jit::Failure::none) {
    native.code.resize(generated.code_bytes);
    generated = target.generate(program, work, {native.code.data(), native.code.size()}, {});
  }
  if (generated.failure == jit::Failure::none) {
    native.starts = starts_of(target, program, reinterpret_cast<const uint16_t*>(workspace.data()));
    const auto before = static_cast<uint32_t>(native.code.size()) - native.starts.back();
    for (uint32_t& start : native.starts) start += before;
    return native;
  }
  auto diagnostic =
      refusal("code-generator", fmt::format("there is no machine code of {} for program '{}'", target.name, prog),
              "a smaller program; or compile for bytecode");
  diagnostic.need = "less code than the target's branches reach";
  diagnostic.have = fmt::format("{} instructions", program.code.size());
  return diagnostic;
}

std::string native_engine(const jit::Target& target) { return std::string(target.name) + std::string(kNative); }

std::string engine_in_claim(const std::string& engine) {
  if (!engine.ends_with(kNative)) return engine;
  const std::string name = engine.substr(0, engine.size() - kNative.size());
  const jit::Target* target = jit::find_target({name.data(), name.size()});
  return target != nullptr ? fmt::format("{}:{}", engine, target->version) : engine;
}

void add_native_bounds(const object::Module& module, verifier::Verdict& verdict) {
  const std::vector<uint32_t> helpers = helpers_of(module);
  for (verifier::ProgVerdict& one : verdict.progs) {
    const auto prog = std::ranges::find(module.progs, one.name, &object::Prog::name);
    if (!one.accepted || prog == module.progs.end() || one.facts.empty()) continue;
    std::vector<isa::Subprogram> subprograms;
    for (size_t i = 0; i < prog->subprograms.size(); i++) {
      subprograms.push_back({prog->subprograms[i].first, one.subprogram_stack_bytes.at(i)});
    }
    const jit::Program program = {{prog->code.data(), prog->code.size()},
                                  {subprograms.data(), subprograms.size()},
                                  {one.facts.data(), one.facts.size()},
                                  {helpers.data(), helpers.size()},
                                  static_cast<uint32_t>(module.functions.size())};
    for (const jit::Target* target : jit::targets()) {
      const RoutineCosts* const routines = costs_of(*target);
      if (routines == nullptr) continue;
      const auto native = generate(*target, one.name, program);
      if (!native) continue;
      one.bounds.machine_instructions[native_engine(*target)] = bound(*target, *routines, *prog, one, native->costs);
      one.code_bytes[native_engine(*target)] = native->code.size();
    }
  }
}

}  // namespace perdita::compiler
