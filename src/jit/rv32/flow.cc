// SPDX-License-Identifier: Apache-2.0
//
// Jumps, calls and what they need (RFC 9669, section 4.3; docs/spec/calling.md).
#include "isa/form.h"
#include "isa/helpers.h"
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

using isa::Upper;

namespace {

constexpr int32_t kRoutineTable = 4;
constexpr uint32_t kLinkedCalls = 8;
constexpr int32_t kLoopRoutine = 44;
constexpr int32_t kForEachRoutine = 48;

// What a branch asks of which operand first: a > b is b < a.
struct Question {
  Condition condition;
  bool swaps;
};

Question question(uint8_t op) {
  switch (op) {
    case isa::kJeq:
      return {Condition::eq, false};
    case isa::kJgt:
      return {Condition::ltu, true};
    case isa::kJge:
      return {Condition::geu, false};
    case isa::kJlt:
      return {Condition::ltu, false};
    case isa::kJle:
      return {Condition::geu, true};
    case isa::kJsgt:
      return {Condition::lt, true};
    case isa::kJsge:
      return {Condition::ge, false};
    case isa::kJslt:
      return {Condition::lt, false};
    case isa::kJsle:
      return {Condition::ge, true};
    default:
      return {Condition::ne, false};
  }
}

bool is_signed(Condition condition) { return condition == Condition::lt || condition == Condition::ge; }

Condition without_sign(Condition condition) {
  if (condition == Condition::lt) return Condition::ltu;
  return condition == Condition::ge ? Condition::geu : condition;
}

}  // namespace

// Forward nobody knows it yet: close_jumps() says where those lead that lead to themselves.
int32_t Generator::distance_to(uint32_t target) const {
  if (target > pc_) return 0;
  return static_cast<int32_t>(offset_of(target) - position());
}

// Before the instruction's first branch, for all of them: the others, and all between, take `behind` bytes at most.
void Generator::decide(uint32_t target, uint32_t behind, bool always, bool zero) {
  const bool back = target <= pc_;
  if (chosen_ && !back) return;
  const int32_t distance =
      back ? distance_to(target) - static_cast<int32_t>(behind) : -static_cast<int32_t>(estimated(target));
  const int32_t shortest = always ? 2046 : 254;
  const bool in_2_bytes = distance >= -shortest;
  const bool in_4_bytes = distance >= -4094;
  const Branch branch = in_2_bytes && (always || zero) ? Branch::shortest : in_4_bytes ? Branch::near : Branch::far;
  choose(static_cast<unsigned>(branch));
}

void Generator::branch_always() {
  const uint32_t to = target();
  decide(to, 0, true, false);
  if (choice() == Branch::shortest) {
    code().jump_short(distance_to(to));
  } else {
    code().jump(kZero, distance_to(to));
  }
}

// To the target, in what decide() has chosen.
void Generator::branch(Condition condition, Reg a, Reg b) {
  const uint32_t to = target();
  const bool equality = condition == Condition::eq || condition == Condition::ne;
  if (equality && a == kZero) {
    a = b;
    b = kZero;
  }
  switch (choice()) {
    case Branch::far:
      code().branch(inverse(condition), a, b, 8);
      return code().jump(kZero, distance_to(to));
    case Branch::shortest:
      if (equality && b == kZero && is_popular(a)) {
        return code().branch_short(condition == Condition::eq, a, distance_to(to));
      }
      [[fallthrough]];
    default:
      return code().branch(condition, a, b, distance_to(to));
  }
}

void Generator::conditional_jump() {
  if (swaps_with_jump()) swap_with_jump();
  inverted_ = jump_next_ != kNowhere;
  const uint8_t op = isa::insn_op(insn_.opcode);
  const bool left_zero = is_zero(facts_.dst) || insn_.dst() >= kNumbers;
  const bool wide = is_wide(insn_.opcode);
  if (op == isa::kJset) {
    jump_on_bits(wide && !left_zero && !right_is_zero());
  } else if (!wide) {
    jump_on_words(op, false);
  } else if (left_zero && right_is_zero()) {
    jump_on_words(op, true);  // words tell (docs/spec/facts.md, "what follows")
  } else if (is_sign(facts_.dst) && right_is_sign()) {
    jump_on_words(op, false);
  } else {
    jump_on_pairs(op);
  }
  jump_done();
}

void Generator::jump_on_words(uint8_t op, bool unsigned_does) {
  Question asked = question(op);
  if (unsigned_does) asked.condition = without_sign(asked.condition);
  if (inverted_) asked.condition = inverse(asked.condition);
  const Reg left = low(insn_.dst());
  const auto value = static_cast<uint32_t>(insn_.imm);
  Reg right = by_register() ? low(insn_.src()) : kZero;
  if (!by_register()) {
    // x > -1 is x >= 0.
    if (value == UINT32_MAX && (op == isa::kJsgt || op == isa::kJsle)) {
      asked.condition = inverse(asked.condition);
      asked.swaps = false;
    } else {
      right = constant(value, kT0);
    }
  }
  decide(target(), 0, false, right == kZero);
  branch(asked.condition, asked.swaps ? right : left, asked.swaps ? left : right);
}

// Some bit of both: of the low words, or of the upper ones too.
void Generator::jump_on_bits(bool wide) {
  const Reg left = low(insn_.dst());
  const auto value = static_cast<uint32_t>(insn_.imm);
  const Condition set = inverted_ ? Condition::eq : Condition::ne;
  const Condition negative = inverted_ ? Condition::ge : Condition::lt;
  Reg found = kT0;
  if (!by_register() && power_of_two(value) && !fits12(insn_.imm) && !wide) {
    // As the sign.
    const auto zeros = static_cast<unsigned>(__builtin_clz(value));
    if (zeros != 0) code().shift(Op::sll, kT0, left, zeros);
    decide(target(), 0, false, false);
    return branch(negative, zeros != 0 ? kT0 : left, kZero);
  }
  if (by_register()) {
    code().operate(Op::and_, kT0, left, low(insn_.src()));
  } else if (value == 0) {
    found = kZero;
  } else if (fits12(insn_.imm)) {
    code().operate_immediate(Op::and_, kT0, left, insn_.imm);
  } else {
    code().operate(Op::and_, kT0, left, constant(value, kT0));
  }
  if (wide) {
    Reg upper_found = upper(insn_.dst(), facts_.dst, kT1);  // the constant's is -1
    if (by_register()) {
      code().operate(Op::and_, kT1, upper_found, upper(insn_.src(), facts_.src, kT2));
      upper_found = kT1;
    }
    code().operate(Op::or_, kT0, kT0, upper_found);
  }
  decide(target(), 0, false, false);
  branch(set, found, kZero);
}

void Generator::jump_on_pairs(uint8_t op) {
  Question asked = question(op);
  if (inverted_) asked.condition = inverse(asked.condition);
  const auto value = static_cast<uint32_t>(insn_.imm);
  const bool negative = insn_.imm < 0;
  Reg upper_a = upper(insn_.dst(), facts_.dst, kT1);
  // Asked of the sign alone: x < 0, x >= 0, x > -1, x <= -1.
  const bool of_zero = value == 0 && (op == isa::kJslt || op == isa::kJsge);
  const bool of_ones = value == UINT32_MAX && (op == isa::kJsgt || op == isa::kJsle);
  if (!by_register() && (of_zero || of_ones)) {
    const bool below = (op == isa::kJslt || op == isa::kJsle) != inverted_;
    decide(target(), 0, false, false);
    return branch(below ? Condition::lt : Condition::ge, upper_a, kZero);
  }
  Reg a = low(insn_.dst());
  Reg b = by_register() ? low(insn_.src()) : constant(value, kT0);
  Reg upper_b = by_register() ? upper(insn_.src(), facts_.src, kT2) : negative ? constant(UINT32_MAX, kT2) : kZero;
  if (asked.condition == Condition::eq) {
    decide(target(), 4, false, upper_b == kZero || upper_a == kZero);
    const Skip end = skip_if(Condition::ne, a, b);
    branch(Condition::eq, upper_a, upper_b);
    return land(end);
  }
  // Up to three branches.
  decide(target(), 8, false, b == kZero || upper_b == kZero || upper_a == kZero);
  if (asked.condition == Condition::ne) {
    branch(Condition::ne, upper_a, upper_b);
    return branch(Condition::ne, a, b);
  }
  if (asked.swaps) {
    Reg other = a;
    a = b;
    b = other;
    other = upper_a;
    upper_a = upper_b;
    upper_b = other;
  }
  // Where the upper words differ they tell.
  const bool greater = asked.condition == Condition::ge || asked.condition == Condition::geu;
  const Condition less = is_signed(asked.condition) ? Condition::lt : Condition::ltu;
  const Reg smaller = greater ? upper_b : upper_a;
  const Reg larger = greater ? upper_a : upper_b;
  const Condition low_words = without_sign(asked.condition);
  if (less == Condition::ltu && smaller == kZero) {
    branch(Condition::ne, larger, kZero);
    return branch(low_words, a, b);
  }
  if (less != Condition::ltu || larger != kZero) branch(less, smaller, larger);
  const Skip end = skip_if(Condition::ne, upper_a != kZero ? upper_a : upper_b, upper_a != kZero ? upper_b : kZero);
  branch(low_words, a, b);
  land(end);
}

void Generator::call() {
  if (insn_.src() == isa::kCallLocal) return call_subprogram();
  hand_over_arguments();
  const bool helper = insn_.src() == isa::kCallHelper;
  const auto number = static_cast<uint32_t>(insn_.imm);
  auto index = static_cast<uint32_t>(program_.helpers.size()) + number;
  if (helper) {
    index = 0;
    while (index < program_.helpers.size() && program_.helpers[index] != number) index++;
    if (index == program_.helpers.size()) failure_ = Failure::unknown_helper;
  }
  code().load(Load::word, low(0), kTable, 0);
  code().move(high(0), kSp);
  if (helper && calls_back(insn_.imm)) {
    code().operate_immediate(Op::add, low(1), kFrame, -static_cast<int32_t>(stack_bytes()));
    code().move(low(2), kTable);
    code().load(Load::word, kT0, kTable, kRoutineTable);
    code().load(Load::word, kT0, kT0, number == isa::kHelperLoop ? kLoopRoutine : kForEachRoutine);
  } else {
    code().load(Load::word, kT0, kTable, static_cast<int32_t>(kLinkedCalls + 4 * index));
  }
  code().call_register(kT0);
  if (helper && number == isa::kHelperTailCall) {
    // Another program goes on: this one ends, and what it returns does not matter.
    const Skip failed = skip_if(Condition::ne, low(0), kZero);
    epilogue();
    land(failed);
  }
}

void Generator::hand_over_arguments() {
  for (unsigned i = 0; i < isa::kFactArgs; i++) {
    const Upper fact = facts_.args[i];
    if (fact == Upper::either) continue;
    const auto home = static_cast<int32_t>(8 * i);
    code().store(Store::word, low(i + 1), kSp, home);
    code().store(Store::word, upper(i + 1, fact, kT0), kSp, home + 4);
  }
}

void Generator::call_subprogram() {
  const uint32_t index = subprogram_at(insn_.imm);
  const auto stack_bytes = static_cast<int32_t>(this->stack_bytes());
  if (stack_bytes != 0) code().operate_immediate(Op::add, kFrame, kFrame, -stack_bytes);
  code().jump(kRa, index > subprogram_ ? 0 : 2 * surveys_[index].entry - static_cast<int32_t>(position()));
  if (stack_bytes != 0) code().operate_immediate(Op::add, kFrame, kFrame, stack_bytes);
}

void Generator::call_routine(uint32_t offset) {
  if (!survey_->calls_routines) failure_ = Failure::inconsistent;
  code().load(Load::word, kT0, kTable, kRoutineTable);
  code().load(Load::word, kT0, kT0, static_cast<int32_t>(offset));
  code().call_register(kT0);
}

}  // namespace perdita::jit::rv32
