// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/program_mutator.h"

#include <algorithm>

#include "isa/form.h"

namespace perdita::verifier::testing {
namespace {

using isa::Insn;

constexpr size_t kMostUnits = 400;

bool is_jump(const Insn& insn) {
  isa::Form form = isa::form_of(insn.opcode);
  return form == isa::Form::jump || form == isa::Form::jump_wide || form == isa::Form::branch_immediate ||
         form == isa::Form::branch_register;
}

bool target_in_imm(const Insn& insn) {
  return isa::form_of(insn.opcode) == isa::Form::jump_wide ||
         (insn.opcode == (isa::kJmp | isa::kCall) && insn.src() == isa::kCallLocal) ||
         (insn.opcode == isa::kLddw && insn.src() == isa::kLddwFunction);
}

void insert(std::vector<Unit>& units, size_t at, const std::vector<Unit>& what) {
  for (Unit& unit : units) {
    if (unit.target >= static_cast<int>(at)) unit.target += static_cast<int>(what.size());
  }
  units.insert(units.begin() + static_cast<ptrdiff_t>(at), what.begin(), what.end());
}

// Some units of a program, to be put at `at` of another that has `length` then: their jumps stay among them, or lead
// behind them.
std::vector<Unit> slice(const std::vector<Unit>& units, size_t first, size_t count, size_t at) {
  std::vector<Unit> part(units.begin() + static_cast<ptrdiff_t>(first),
                         units.begin() + static_cast<ptrdiff_t>(first + count));
  for (Unit& unit : part) {
    if (unit.target < 0) continue;
    int inside = unit.target - static_cast<int>(first);
    bool stays = inside >= 0 && inside < static_cast<int>(count);
    unit.target = static_cast<int>(at) + (stays ? inside : static_cast<int>(count));
  }
  return part;
}

}  // namespace

std::vector<Unit> units_of(const Code& code) {
  std::vector<Unit> units;
  std::vector<int> unit_at(code.size() + 1, -1);
  std::vector<int64_t> targets;
  for (size_t pc = 0; pc < code.size(); pc++) {
    unit_at[pc] = static_cast<int>(units.size());
    Unit unit;
    unit.insn = code[pc];
    bool in_imm = target_in_imm(unit.insn);
    int64_t target = static_cast<int64_t>(pc) + 1 + (in_imm ? unit.insn.imm : unit.insn.offset);
    targets.push_back(in_imm || is_jump(unit.insn) ? target : -1);
    if (unit.wide() && pc + 1 < code.size()) unit.second = code[++pc];
    units.push_back(unit);
  }
  for (size_t i = 0; i < units.size(); i++) {
    if (targets[i] == -1) continue;
    bool inside = targets[i] >= 0 && targets[i] < static_cast<int64_t>(code.size());
    int target = inside ? unit_at[static_cast<size_t>(targets[i])] : -1;
    units[i].target = target >= 0 ? target : static_cast<int>(units.size()) - 1;
  }
  return units;
}

std::optional<Code> code_of(const std::vector<Unit>& units) {
  std::vector<int64_t> place;
  int64_t pc = 0;
  for (const Unit& unit : units) {
    place.push_back(pc);
    pc += unit.wide() ? 2 : 1;
  }
  Code code;
  for (size_t i = 0; i < units.size(); i++) {
    Insn insn = units[i].insn;
    if (units[i].target >= 0) {
      size_t target = std::min(static_cast<size_t>(units[i].target), units.size() - 1);
      int64_t distance = place[target] - place[i] - 1;
      if (target_in_imm(insn)) {
        insn.imm = static_cast<int32_t>(distance);
      } else {
        if (distance < INT16_MIN || distance > INT16_MAX) return std::nullopt;
        insn.offset = static_cast<int16_t>(distance);
      }
    }
    code.push_back(insn);
    if (units[i].wide()) code.push_back(units[i].second);
  }
  return code;
}

std::vector<Unit> without(std::vector<Unit> units, size_t first, size_t count) {
  count = std::min(count, units.size() - first);
  units.erase(units.begin() + static_cast<ptrdiff_t>(first), units.begin() + static_cast<ptrdiff_t>(first + count));
  for (Unit& unit : units) {
    if (unit.target < static_cast<int>(first)) continue;
    unit.target = std::max(unit.target - static_cast<int>(count), static_cast<int>(first));
  }
  return units;
}

int32_t ProgramMutator::number(int32_t near) {
  auto wide = int64_t{near};
  switch (below(10)) {
    case 0:
    case 1:
      return static_cast<int32_t>(wide + 1);
    case 2:
    case 3:
      return static_cast<int32_t>(wide - 1);
    case 4:
      return static_cast<int32_t>(wide * 2);
    case 5:
      return static_cast<int32_t>(-wide);
    case 6:
      return static_cast<int32_t>((int64_t{1} << below(32)) - static_cast<int64_t>(below(3)));
    case 7:
      return static_cast<int32_t>(below(32));
    case 8:
      return static_cast<int32_t>(-static_cast<int64_t>(below(32)));
    default:
      return static_cast<int32_t>(random_());
  }
}

// Another operation of the same class: arithmetic, comparison, size, width, register or immediate.
void ProgramMutator::change_operation(Insn& insn) {
  constexpr uint8_t operations[] = {isa::kAdd, isa::kSub, isa::kMul, isa::kDiv, isa::kOr,  isa::kAnd,
                                    isa::kLsh, isa::kRsh, isa::kMod, isa::kXor, isa::kMov, isa::kArsh};
  constexpr uint8_t comparisons[] = {isa::kJeq,  isa::kJgt, isa::kJge, isa::kJset, isa::kJne, isa::kJsgt,
                                     isa::kJsge, isa::kJlt, isa::kJle, isa::kJslt, isa::kJsle};
  uint8_t group = isa::insn_class(insn.opcode);
  switch (group) {
    case isa::kAlu:
    case isa::kAlu64:
      if (isa::form_of(insn.opcode) == isa::Form::byte_order) return;
      if (below(3) == 0) {
        insn.opcode ^= isa::kAlu ^ isa::kAlu64;
      } else if (below(4) == 0) {
        insn.opcode ^= isa::kX;
      } else {
        insn.opcode = static_cast<uint8_t>((insn.opcode & 0x0f) | operations[below(std::size(operations))]);
        insn.offset = 0;
      }
      break;
    case isa::kJmp:
    case isa::kJmp32:
      if (isa::form_of(insn.opcode) != isa::Form::branch_immediate &&
          isa::form_of(insn.opcode) != isa::Form::branch_register)
        return;
      if (below(3) == 0) {
        insn.opcode ^= isa::kJmp ^ isa::kJmp32;
      } else if (below(4) == 0) {
        insn.opcode ^= isa::kX;
      } else {
        insn.opcode = static_cast<uint8_t>((insn.opcode & 0x0f) | comparisons[below(std::size(comparisons))]);
      }
      break;
    case isa::kLd:
      return;
    default:
      if (isa::insn_mode(insn.opcode) == isa::kAtomic) {
        insn.opcode ^= isa::kW ^ isa::kDw;
      } else if (group == isa::kLdx && below(3) == 0) {
        insn.opcode ^= isa::kMem ^ isa::kMemSx;
      } else {
        insn.opcode = static_cast<uint8_t>((insn.opcode & ~0x18) | (below(4) << 3));
      }
  }
  // What the other form does not have must be zero.
  bool arithmetic = group == isa::kAlu || group == isa::kAlu64;
  bool branch = group == isa::kJmp || group == isa::kJmp32;
  if ((arithmetic || branch) && isa::uses_register(insn.opcode)) insn.imm = 0;
  if ((arithmetic || branch) && !isa::uses_register(insn.opcode)) insn.regs = isa::make_regs(insn.dst(), 0);
}

void ProgramMutator::change_operand(Insn& insn) {
  isa::FormRules rules = isa::rules_of(isa::form_of(insn.opcode));
  switch (below(4)) {
    case 0:
      if (rules.dst != isa::RegisterRule::reserved)
        insn.regs = isa::make_regs(static_cast<unsigned>(below(11)), insn.src());
      break;
    case 1:
      if (rules.src != isa::RegisterRule::reserved && rules.src != isa::RegisterRule::reference_kind)
        insn.regs = isa::make_regs(insn.dst(), static_cast<unsigned>(below(11)));
      break;
    case 2:
      if (rules.offset == isa::OffsetRule::displacement) {
        insn.offset = static_cast<int16_t>(number(insn.offset));
        break;
      }
      [[fallthrough]];
    default:
      if (rules.imm == isa::ImmRule::value) {
        insn.imm = number(insn.imm);
      } else if (rules.imm == isa::ImmRule::reference && insn.opcode == isa::kLddw && insn.src() != 0) {
        insn.imm = static_cast<int32_t>(below(13));
      } else if (rules.offset == isa::OffsetRule::displacement) {
        insn.offset = static_cast<int16_t>(number(insn.offset));
      }
  }
}

// An instruction on numbers.
Insn ProgramMutator::fresh() {
  Insn insn{};
  insn.opcode = static_cast<uint8_t>(isa::kAlu64 | isa::kAdd);
  insn.regs = isa::make_regs(static_cast<unsigned>(below(10)), 0);
  insn.imm = number(static_cast<int32_t>(below(16)));
  change_operation(insn);
  if (isa::uses_register(insn.opcode)) insn.regs = isa::make_regs(insn.dst(), static_cast<unsigned>(below(10)));
  return insn;
}

void ProgramMutator::change(std::vector<Unit>& units) {
  size_t at = below(units.size());
  Unit& unit = units[at];
  switch (below(12)) {
    case 0:
    case 1:
    case 2:
      change_operand(unit.insn);
      break;
    case 3:
    case 4:
      change_operation(unit.insn);
      break;
    case 5:
      if (at + 1 < units.size()) std::swap(units[at], units[at + 1]);
      break;
    case 6:
      if (units.size() > 2) units = without(std::move(units), at, 1 + below(3));
      break;
    case 7:
    case 8: {  // repeated somewhere
      size_t count = std::min<size_t>(1 + below(8), units.size() - at), to = below(units.size());
      if (units.size() < kMostUnits) insert(units, to, slice(units, at, count, to));
      break;
    }
    case 9:
      if (unit.target >= 0 && is_jump(unit.insn)) {
        unit.target = below(3) == 0 ? static_cast<int>(below(units.size()))
                                    : std::clamp(unit.target + static_cast<int>(below(7)) - 3, 0,
                                                 static_cast<int>(units.size()) - 1);
      }
      break;
    case 10: {
      Unit added;
      added.insn = fresh();
      insert(units, at, {added});
      break;
    }
    default: {  // a branch over a few
      Unit added;
      added.insn.opcode = isa::kJmp | isa::kJeq;
      added.insn.regs = isa::make_regs(static_cast<unsigned>(below(10)), 0);
      added.insn.imm = number(static_cast<int32_t>(below(16)));
      change_operation(added.insn);
      insert(units, at, {added});
      units[at].target = static_cast<int>(std::min(at + 2 + below(6), units.size() - 1));
    }
  }
}

Code ProgramMutator::mutated(const Code& code, const Code& other) {
  std::vector<Unit> units = units_of(code);
  if (units.empty()) return code;
  for (uint64_t times = 1 + (below(2) == 0 ? below(3) : 0); times > 0; times--) {
    if (below(8) == 0 && !other.empty() && units.size() < kMostUnits) {
      std::vector<Unit> donor = units_of(other);
      size_t first = below(donor.size()), count = std::min<size_t>(1 + below(20), donor.size() - first);
      size_t to = below(units.size());
      insert(units, to, slice(donor, first, count, to));
    } else {
      change(units);
    }
    if (units.empty()) return code;
  }
  return code_of(units).value_or(code);
}

Code ProgramMutator::spliced(const Code& code, const Code& other) {
  std::vector<Unit> head = units_of(code), tail = units_of(other);
  if (head.empty() || tail.empty()) return code;
  size_t kept = below(head.size()) + 1, from = below(tail.size());
  if (kept + tail.size() - from > 2 * kMostUnits) return code;
  head.resize(kept);
  std::vector<Unit> end = slice(tail, from, tail.size() - from, kept);
  head.insert(head.end(), end.begin(), end.end());
  return code_of(head).value_or(code);
}

}  // namespace perdita::verifier::testing
