// SPDX-License-Identifier: Apache-2.0
//
// Jumps, calls and what they need (RFC 9669, section 4.3; docs/spec/calling.md).
#include "isa/form.h"
#include "isa/helpers.h"
#include "jit/xtensa/generator.h"

namespace perdita::jit::xt {

using isa::Upper;

namespace {

constexpr int32_t kRoutineTable = 4;
constexpr uint32_t kLinkedCalls = 8;
constexpr int32_t kLoopRoutine = 44;
constexpr int32_t kForEachRoutine = 48;

// What a jump asks, and whether of its operands the other way round: a > b is b < a.
Ask ask_of(uint8_t op, bool& swapped) {
  swapped = op == isa::kJgt || op == isa::kJle || op == isa::kJsgt || op == isa::kJsle;
  switch (op) {
    case isa::kJeq:
      return Ask::eq;
    case isa::kJne:
      return Ask::ne;
    case isa::kJgt:
    case isa::kJlt:
      return Ask::ltu;
    case isa::kJge:
    case isa::kJle:
      return Ask::geu;
    case isa::kJsgt:
    case isa::kJslt:
      return Ask::lt;
    case isa::kJsge:
    case isa::kJsle:
      return Ask::ge;
    default:
      return Ask::any;
  }
}

bool is_odd(Ask ask) { return (static_cast<unsigned>(ask) & 1) != 0; }
Ask even(Ask ask) { return is_odd(ask) ? opposite(ask) : ask; }

bool holds(Ask ask, uint32_t left, uint32_t right) {
  bool yes;
  switch (even(ask)) {
    case Ask::eq:
      yes = left == right;
      break;
    case Ask::ltu:
      yes = left < right;
      break;
    case Ask::lt:
      yes = static_cast<int32_t>(left) < static_cast<int32_t>(right);
      break;
    default:
      yes = (left & right) != 0;
  }
  return yes != is_odd(ask);
}

Condition condition_of(Ask even_ask) {
  switch (even_ask) {
    case Ask::eq:
      return Condition::eq;
    case Ask::ltu:
      return Condition::ltu;
    case Ask::lt:
      return Condition::lt;
    default:
      return Condition::any;
  }
}

// Whether it is known to hold.
bool always(Ask ask, Word left, Word right) { return left.known && right.known && holds(ask, left.value, right.value); }

bool commutes(Ask ask) { return ask == Ask::eq || ask == Ask::ne || ask == Ask::any || ask == Ask::none; }

// A branch that compares with this number, where there is one. Some comparisons are others with another number.
bool with_number(Ask even_ask, Reg left, uint32_t value, Test& test) {
  const auto zero = [&](Condition condition) {
    test = {condition, left, 0};
    return true;
  };
  const auto indexed = [&](Condition condition, int index) {
    if (index < 0) return false;
    test = {condition, left, static_cast<uint8_t>(index)};
    return true;
  };
  switch (even_ask) {
    case Ask::eq:
      if (value == 0) return zero(Condition::eqz);
      return indexed(Condition::eqi, signed_index(value));
    case Ask::ltu:
      if (value == 1) return zero(Condition::eqz);
      if (value == 0x80000000) return zero(Condition::gez);
      if (value == UINT32_MAX) return indexed(Condition::nei, signed_index(value));
      return indexed(Condition::ltui, unsigned_index(value));
    case Ask::lt:
      if (value == 0) return zero(Condition::ltz);
      return indexed(Condition::lti, signed_index(value));
    default:
      if (value == UINT32_MAX) return zero(Condition::nez);
      if (value == 0x80000000) return zero(Condition::ltz);
      if ((value & (value - 1)) != 0) return false;
      test = {Condition::bit_set, left, static_cast<uint8_t>(__builtin_ctz(value))};
      return true;
  }
}

}  // namespace

// A number that no branch compares with is put into a9, or a8 where a9 is the other operand.
Generator::Answer Generator::test(Ask ask, Word left, Word right, Test& test) {
  if (left.known && right.known) return holds(ask, left.value, right.value) ? Answer::always : Answer::never;
  if (left.known) {
    if (commutes(ask)) return this->test(ask, right, left, test);
    // c < x is x >= c + 1, where there is such a number.
    const bool is_unsigned = even(ask) == Ask::ltu;
    const uint32_t most = is_unsigned ? UINT32_MAX : INT32_MAX;
    if (left.value == most) return is_odd(ask) ? Answer::always : Answer::never;
    return this->test(opposite(ask), right, number(left.value + 1), test);
  }
  const Ask asked = even(ask);
  if (right.known) {
    const bool nothing_below = (asked == Ask::ltu && right.value == 0) || (asked == Ask::any && right.value == 0) ||
                               (asked == Ask::lt && right.value == 0x80000000);
    if (nothing_below) return is_odd(ask) ? Answer::always : Answer::never;
  }
  if (!right.known || !with_number(asked, left.reg, right.value, test)) {
    test = {condition_of(asked), left.reg, in_register(right, left.reg == kOther ? kScratch : kOther)};
  }
  if (is_odd(ask)) test.condition = inverse(test.condition);
  return Answer::by_test;
}

Generator::Skip Generator::skip(Ask ask, Word left, Word right) {
  Skip made = {kNowhere, {}};
  const Answer answer = test(ask, left, right, made.test);
  if (answer == Answer::never) return made;
  made.at = position();
  if (answer == Answer::always) {
    code().jump(4);
    made.test.left = kNone;
  } else {
    code().branch(made.test, 4);
  }
  return made;
}

void Generator::land(const Skip& skip) {
  if (skip.at == kNowhere) return;
  if (skip.test.left == kNone) {
    code().land_jump(skip.at);
  } else {
    code().land(skip.at, skip.test);
  }
}

// How far the target is at most from any branch of this instruction, which leads forward.
void Generator::find_reach() {
  const uint32_t to = target();
  if (to <= pc_ || chosen_) return;
  const auto up = static_cast<int32_t>(estimated(to));
  Reach reach = Reach::far;
  if (up <= kNarrowUp) {
    reach = Reach::narrow;
  } else if (up <= kBranchUp) {
    reach = Reach::near;
  } else if (up <= kZeroBranchUp) {
    reach = Reach::zero_only;
  }
  choose(static_cast<unsigned>(reach));
}

// Forward it is not known yet.
int32_t Generator::distance() const {
  const uint32_t to = target();
  return to > pc_ ? 0 : static_cast<int32_t>(offset_of(to) - position());
}

void Generator::goto_target() { code().jump(distance()); }

// To the target. What it says of a known answer is for the branches behind it.
Generator::Answer Generator::branch(Ask ask, Word left, Word right) {
  Test to;
  const Answer answer = test(ask, left, right, to);
  if (answer == Answer::always) goto_target();
  if (answer != Answer::by_test) return answer;
  const int32_t distance = this->distance();
  Reach reach = static_cast<Reach>(choice());
  if (distance != 0) {
    reach = distance >= kBranchDown ? Reach::near : distance >= kZeroBranchDown ? Reach::zero_only : Reach::far;
  }
  if (reach == Reach::narrow && (to.condition == Condition::eqz || to.condition == Condition::nez)) {
    code().branch_narrow(to, distance);
  } else if (reach >= Reach::near || (against_zero(to.condition) && reach == Reach::zero_only)) {
    code().branch(to, distance);
  } else {
    to.condition = inverse(to.condition);
    code().branch(to, 6);
    goto_target();
  }
  return answer;
}

// The low word of an operand; r10 is computed.
Word Generator::operand(unsigned reg) {
  if (reg != isa::kFrameRegister || !has_frame_) return in(low(reg));
  add_constant(third(), kFrame, stack_bytes(), kReturn);
  return in(kReturn);
}

void Generator::conditional_jump() {
  const bool swaps_targets = swaps_with_jump();
  if (swaps_targets) swap_with_jump();
  find_reach();
  bool swapped;
  Ask ask = ask_of(isa::insn_op(insn_.opcode), swapped);
  if (swaps_targets) ask = opposite(ask);
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const bool wide = is_wide(insn_.opcode);
  const bool right_sign = by_register() ? is_sign(facts_.src) : true;
  Word left = operand(dst);
  Word right = by_register() ? operand(src) : number(static_cast<uint32_t>(insn_.imm));
  // Words tell, too, where both are extended by their sign (docs/spec/facts.md, "what follows").
  if (!wide || (is_sign(facts_.dst) && right_sign)) {
    branch(ask, swapped ? right : left, swapped ? left : right);
  } else {
    const bool masks = ask == Ask::any || ask == Ask::none;
    const bool left_zero = is_zero(facts_.dst) || dst >= kNumbers;
    const bool right_zero = by_register() ? is_zero(facts_.src) || src >= kNumbers : insn_.imm >= 0;
    const bool either_zero = left_zero || right_zero;
    Word left_upper = number(0);
    Word right_upper = number(0);
    if (!masks || !either_zero) {
      left_upper = upper(dst, facts_.dst, kScratch);
      right_upper = by_register() ? upper(src, facts_.src, kOther) : number(insn_.imm < 0 ? UINT32_MAX : 0);
    }
    if (swapped) {
      jump64(ask, right, right_upper, left, left_upper);
    } else {
      jump64(ask, left, left_upper, right, right_upper);
    }
  }
  jump_done();
}

void Generator::jump64(Ask ask, Word left, Word left_upper, Word right, Word right_upper) {
  Skip out = {kNowhere, {}};
  switch (ask) {
    case Ask::eq:
    case Ask::none:
      // Both words must.
      if (always(opposite(ask), left_upper, right_upper)) return;
      out = skip(opposite(ask), left_upper, right_upper);
      branch(ask, left, right);
      break;
    case Ask::ne:
    case Ask::any:
      if (branch(ask, left_upper, right_upper) == Answer::always) return;
      branch(ask, left, right);
      break;
    case Ask::ltu:
    case Ask::lt:
      if (ask == Ask::ltu && left_upper.is(0)) {
        if (branch(Ask::ne, left_upper, right_upper) == Answer::always) return;
      } else {
        if (branch(ask, left_upper, right_upper) == Answer::always) return;
        if (always(Ask::ne, left_upper, right_upper)) return;
        out = skip(Ask::ne, left_upper, right_upper);
      }
      branch(Ask::ltu, left, right);
      break;
    default: {
      const Ask below = opposite(ask);
      const Ask leaves = below == Ask::ltu && left_upper.is(0) ? Ask::ne : below;
      if (always(leaves, left_upper, right_upper)) return;
      out = skip(leaves, left_upper, right_upper);
      if (leaves == below && branch(Ask::ne, left_upper, right_upper) == Answer::always) break;
      branch(Ask::geu, left, right);
    }
  }
  land(out);
}

// Behind a call the upper word of r0 is in a3.
void Generator::result_upper() {
  if (upper_wanted(0)) upper_done(0, 3);
}

// The low words of r8 and r9, which C does not preserve.
void Generator::keep_over_call(bool load) {
  for (unsigned reg = 8; reg < kNumbers; reg++) {
    if ((survey_->named >> reg & 1) == 0) continue;
    code().access(load ? Access::word : Access::store_word, low(reg), kSp,
                  kSavedLow + 4 * static_cast<int32_t>(reg - 8));
  }
}

void Generator::call() {
  if (insn_.src() == isa::kCallLocal) return call_subprogram();
  hand_over_arguments();
  keep_over_call(false);
  const bool helper = insn_.src() == isa::kCallHelper;
  const auto number = static_cast<uint32_t>(insn_.imm);
  auto index = static_cast<uint32_t>(program_.helpers.size()) + number;
  if (helper) {
    index = 0;
    while (index < program_.helpers.size() && program_.helpers[index] != number) index++;
    if (index == program_.helpers.size()) failure_ = Failure::unknown_helper;
  }
  code().access(Access::word, 2, kTable, 0);
  code().move(3, kSp);
  if (helper && calls_back(insn_.imm)) {
    // The callback's frame lies below this one, wherever that is.
    code().move(4, kFrame);
    code().move(5, kTable);
    code().access(Access::word, kScratch, kTable, kRoutineTable);
    code().access(Access::word, kScratch, kScratch, number == isa::kHelperLoop ? kLoopRoutine : kForEachRoutine);
  } else {
    load_linked(kScratch, kLinkedCalls + 4 * index);
  }
  code().call(kScratch);
  result_upper();
  keep_over_call(true);
  if (helper && number == isa::kHelperTailCall) {
    // Another program goes on: this one ends, and what it returns does not matter.
    const Skip failed = skip(Ask::ne, in(2), xt::number(0));
    epilogue();
    land(failed);
  }
}

void Generator::hand_over_arguments() {
  bool zero_there = false;
  for (unsigned i = 0; i < isa::kFactArgs; i++) {
    const Upper fact = facts_.args[i];
    if (fact == Upper::either) continue;
    const unsigned reg = i + 1;
    const auto home = static_cast<int32_t>(8 * i);
    code().access(Access::store_word, low(reg), kSp, home);
    if (fact == Upper::in_register && uppers_[reg] == kInMemory) continue;  // there already
    if (fact == Upper::zero && zero_there) {
      code().access(Access::store_word, kOther, kSp, home + 4);
      continue;
    }
    zero_there = zero_there || fact == Upper::zero;
    const Word from = upper(reg, fact, kScratch);
    code().access(Access::store_word, in_register(from, kOther), kSp, home + 4);
  }
}

void Generator::call_subprogram() {
  const uint32_t index = subprogram_at(insn_.imm);
  for (unsigned reg = 1; reg <= isa::kFactArgs; reg++) {
    if ((surveys_[index].reads >> reg & 1) == 0 || uppers_[reg] == kInMemory) continue;
    code().access(Access::store_word, uppers_[reg], kSp, upper_offset(reg));
  }
  // Forward to itself, which close_jumps() changes.
  const uint32_t here = position() & ~3u;
  code().call(static_cast<int32_t>((index > subprogram_ ? here : 4u * surveys_[index].entry) - here));
  result_upper();
}

void Generator::call_routine(uint32_t offset) {
  if (!survey_->calls_routines) failure_ = Failure::inconsistent;
  code().access(Access::word, kScratch, kTable, kRoutineTable);
  code().access(Access::word, kScratch, kScratch, static_cast<int32_t>(offset));
  code().call(kScratch);
}

}  // namespace perdita::jit::xt
