// SPDX-License-Identifier: Apache-2.0
//
// Jumps, calls and what they need (RFC 9669, section 4.3; docs/spec/calling.md).
#include "isa/form.h"
#include "isa/helpers.h"
#include "jit/thumb2/generator.h"

namespace perdita::jit::thumb2 {

using isa::Upper;

namespace {

constexpr int32_t kRoutineTable = 4;
constexpr uint32_t kLinkedCalls = 8;
constexpr uint32_t kLoopRoutine = 44;
constexpr uint32_t kForEachRoutine = 48;

// Of words, by the operation's high four bits. What JSET leaves is told by Z.
constexpr Condition kConditions[] = {kNe, kEq, kHi, kCs, kNe, kNe, kGt, kGe, kNe, kNe, kCc, kLs, kLt, kLe};
constexpr bool is_condition(uint8_t op, Condition condition) { return kConditions[op / 16] == condition; }
static_assert(is_condition(isa::kJeq, kEq) && is_condition(isa::kJgt, kHi) && is_condition(isa::kJge, kCs));
static_assert(is_condition(isa::kJset, kNe) && is_condition(isa::kJne, kNe) && is_condition(isa::kJsgt, kGt));
static_assert(is_condition(isa::kJsge, kGe) && is_condition(isa::kJlt, kCc) && is_condition(isa::kJle, kLs));
static_assert(is_condition(isa::kJslt, kLt) && is_condition(isa::kJsle, kLe));

// Comparisons as words that are as good as those of 64 bits where both operands are zero-extended.
Condition without_sign(Condition condition) {
  static constexpr Condition kUnsigned[] = {kCs, kCc, kHi, kLs};
  return condition >= kGe && condition <= kLe ? kUnsigned[condition - kGe] : condition;
}

bool swaps(Condition condition) { return condition == kHi || condition == kLs || condition == kGt || condition == kLe; }

// a > b is b < a.
Condition swapped(Condition condition) {
  static_assert((kHi ^ kCc) == 0xb && (kLs ^ kCs) == 0xb && (kGt ^ kLt) == 7 && (kLe ^ kGe) == 7);
  return static_cast<Condition>(condition ^ (condition < kGe ? 0xb : 7));
}

}  // namespace

Branch Generator::choice(uint32_t pc) const { return static_cast<Branch>(choices_[pc / 4] >> (pc % 4 * 2) & 3); }

void Generator::choose(uint32_t pc, Branch branch) {
  choices_[pc / 4] = static_cast<uint8_t>(choices_[pc / 4] | static_cast<uint8_t>(branch) << (pc % 4 * 2));
}

// In the second pass, for a branch of 2 bytes here. Offsets behind this instruction are still the first pass's.
bool Generator::narrow_reaches(Condition condition) const {
  const int32_t most = condition == kAlways ? 2046 : 254;
  if (target_ <= pc_) return 2 * offsets_[target_] - static_cast<int32_t>(out_.size() + 4) >= -most - 2;
  return bounds_known_ && 2 * (offsets_[target_] - offsets_[pc_ + 1]) - 2 <= most;
}

void Generator::branch(Condition condition) {
  const bool forward = target_ > pc_;
  bool narrow;
  if (forward && pass_ == Pass::emit) {
    narrow = choice(pc_) == Branch::narrow;
  } else {
    narrow = narrow_reaches(condition);
    if (forward) choose(pc_, narrow ? Branch::narrow : Branch::wide);
  }
  const int32_t distance = 2 * offsets_[target_] - static_cast<int32_t>(out_.size() + 4);
  if (!narrow) return code().branch_wide(condition, distance);
  if (pass_ == Pass::emit && distance > (condition == kAlways ? 2046 : 254)) failure_ = Failure::inconsistent;
  code().branch_short(condition, distance);
}

// The instruction's own condition, of which the other is asked where it has changed targets.
void Generator::branch_if(Condition condition) { branch(jump_next_ != kNowhere ? inverse(condition) : condition); }

// CBZ and CBNZ reach 126 bytes forward only.
void Generator::branch_on_zero(bool zero, Reg reg) {
  const bool known = zero_of_ == reg;
  const bool other = jump_next_ != kNowhere;
  const bool forward = target_ > pc_;
  if (!known && forward && pass_ == Pass::emit && choice(pc_) == Branch::zero) {
    const int32_t distance = 2 * offsets_[target_] - static_cast<int32_t>(out_.size() + 4);
    // To the next instruction it would be backward.
    if (distance < 0) return code().no_operation();
    if (distance > 126) failure_ = Failure::inconsistent;
    return code().branch_if_zero(zero != other, reg, distance);
  }
  if (!known && forward && pass_ != Pass::emit && reg < 8 && bounds_known_ &&
      2 * (offsets_[target_] - offsets_[pc_ + 1]) - 2 <= 126) {
    choose(pc_, Branch::zero);
    return code().branch_if_zero(zero != other, reg, 0);  // how far only the last pass knows
  }
  if (!known) static_cast<void>(code().compare_immediate(reg, 0));
  branch_if(zero ? kEq : kNe);
}

void Generator::compare(Reg n, uint32_t value, Reg scratch) {
  if (code().compare_immediate(n, value)) return;
  code().compare(n, constant(value, scratch));
}

void Generator::conditional_jump() {
  target_ = jump_target(pc_, insn_);
  if (swaps_with_jump()) {
    jump_next_ = target_;
    target_ = jump_target(pc_ + 1, next());
  }
  const Condition condition = kConditions[insn_.opcode / 16];
  if (isa::insn_class(insn_.opcode) == isa::kJmp) {
    jump64(condition);
  } else {
    jump32(condition);
  }
  zero_of_ = kNone;
}

// Compares words.
void Generator::jump32(Condition condition) {
  const Reg left = d_;
  const Reg right = m_;
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (isa::insn_op(insn_.opcode) == isa::kJset) {
    if (by_register()) {
      code().test(left, right);
    } else if (!code().test_immediate(left, value)) {
      code().test(left, constant(value, kScratch));
    }
  } else if (by_register()) {
    code().compare(left, right);
  } else if (value == 0 && (condition == kEq || condition == kNe)) {
    return branch_on_zero(condition == kEq, left);
  } else {
    compare(left, value, kScratch);
  }
  branch_if(condition);
}

// Whether a comparison of 64 bits is one of words (docs/spec/facts.md, "what follows").
bool Generator::compares_words() const {
  const bool left_zero = is_zero(facts_.dst) || insn_.dst() >= kNumbers;
  if (isa::insn_op(insn_.opcode) == isa::kJset) return right_is_zero() || (by_register() && left_zero);
  return (left_zero && right_is_zero()) || (is_sign(facts_.dst) && (!by_register() || is_sign(facts_.src)));
}

void Generator::jump64(Condition condition) {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const Reg left = d_;
  const uint8_t op = isa::insn_op(insn_.opcode);
  const auto value = static_cast<uint32_t>(insn_.imm);
  const bool negative = insn_.imm < 0;
  if (compares_words()) {
    const bool both_zero = (is_zero(facts_.dst) || dst >= kNumbers) && right_is_zero();
    return jump32(both_zero ? without_sign(condition) : condition);
  }
  if (op == isa::kJset) {
    const Reg upper_left = upper(dst, facts_.dst, kScratch);
    if (by_register()) {
      code().operate(Op::and_ | Flags::keep, kScratch, upper_left, upper(src, facts_.src, lr()));
      static_cast<void>(code().operate(Op::and_ | Flags::keep, lr(), left, m_));
    } else {
      // The upper word of the constant is -1.
      operate(Op::and_ | Flags::keep, lr(), left, value, kLr);
    }
    code().operate(Op::orr | Flags::set, lr(), kLr, by_register() ? kScratch : upper_left);
    return branch_if(kNe);
  }
  Reg upper_left = upper(dst, facts_.dst, kScratch);
  if (condition == kEq || condition == kNe) {
    if (by_register()) {
      const Reg upper_right = upper(src, facts_.src, lr());
      code().compare(left, m_);
      code().if_then(kEq);
      code().compare(upper_left, upper_right);
    } else if (value == 0) {
      code().operate(Op::orr | Flags::set, kScratch, left, upper_left);
    } else {
      compare(left, value, upper_left == kScratch ? lr() : kScratch);
      code().if_then(kEq);
      static_cast<void>(code().compare_immediate(upper_left, negative ? UINT32_MAX : 0));
    }
    return branch_if(condition);
  }
  if (by_register()) {
    Reg upper_right = upper(src, facts_.src, lr());
    Reg first = left;
    Reg second = m_;
    if (swaps(condition)) {
      condition = swapped(condition);
      const Reg other = upper_left;
      upper_left = upper_right;
      upper_right = other;
      first = second;
      second = left;
    }
    code().compare(first, second);
    code().operate(Op::sbc | Flags::set, kScratch, upper_left, upper_right);
    return branch_if(condition);
  }
  // x > c is x >= c + 1; there is none behind the largest unsigned number.
  uint64_t bound = static_cast<uint64_t>(static_cast<int64_t>(insn_.imm));
  if (swaps(condition)) {
    if (negative && insn_.imm == -1 && (condition == kHi || condition == kLs)) {
      if (condition == kLs) return branch(kAlways);
      return;
    }
    bound++;
    condition = inverse(swapped(condition));
  }
  compare(left, static_cast<uint32_t>(bound), upper_left == kScratch ? lr() : kScratch);
  static_cast<void>(
      code().operate_immediate(Op::sbc | Flags::set, kScratch, upper_left, static_cast<uint32_t>(bound >> 32)));
  branch_if(condition);
}

// Behind a call the upper word of r0 is in r1.
void Generator::call_result() {
  if (upper_wanted(0)) upper_done(0, 1);
}

void Generator::call() {
  in_lr_ = 0;
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
  code().access(Access::word, 0, kTable, 0);
  code().move(1, kSp);
  if (helper && (number == isa::kHelperLoop || number == isa::kHelperForEachMapElem)) {
    const uint32_t stack_bytes = program_.subprograms[subprogram_].stack_bytes;
    operate(Op::sub | Flags::any, 2, kFrame, stack_bytes, 2);
    code().move(3, kTable);
    code().access(Access::word, kScratch, kTable, kRoutineTable);
    code().access(Access::word, kScratch, kScratch, number == isa::kHelperLoop ? kLoopRoutine : kForEachRoutine);
  } else {
    code().access(Access::word, kScratch, kTable, static_cast<int32_t>(kLinkedCalls + 4 * index));
  }
  code().branch_link(kScratch);
  call_result();
  if (helper && number == isa::kHelperTailCall) {
    // Another program goes on: this one ends, and what it returns does not matter.
    static_cast<void>(code().compare_immediate(0, 0));
    const uint32_t failed = skip();
    epilogue();
    land(failed, kNe);
  }
}

void Generator::hand_over_arguments() {
  for (unsigned i = 0; i < isa::kFactArgs; i++) {
    const Upper fact = facts_.args[i];
    if (fact == Upper::either) continue;
    const unsigned reg = i + 1;
    const uint32_t home = 8 * i;
    if (fact == Upper::in_register && uppers_[reg] == kInMemory) {
      code().save_word(low(reg), home);
    } else {
      code().access_pair(false, low(reg), upper(reg, fact, kScratch), kSp, static_cast<int32_t>(home));
    }
  }
}

void Generator::call_subprogram() {
  const uint32_t index = find_subprogram(program_, pc_ + static_cast<uint32_t>(insn_.imm) + 1);
  for (unsigned reg = 1; reg <= isa::kFactArgs; reg++) {
    const bool reads = (surveys_[index].reads >> reg & 1) != 0;
    if (reads && uppers_[reg] != kInMemory) {
      code().save_word(uppers_[reg], upper_offset(reg));
    }
  }
  const uint32_t stack_bytes = program_.subprograms[subprogram_].stack_bytes;
  if (stack_bytes != 0) operate(Op::sub | Flags::any, kFrame, kFrame, stack_bytes, kScratch);
  code().branch_link(2 * surveys_[index].entry - static_cast<int32_t>(out_.size() + 4));
  chain(index, out_.size() - 4, kNone);
  if (stack_bytes != 0) operate(Op::add | Flags::any, kFrame, kFrame, stack_bytes, kScratch);
  call_result();
}

void Generator::call_routine(uint32_t offset) {
  if (!surveys_[subprogram_].calls_routines) failure_ = Failure::inconsistent;
  in_lr_ = 0;
  code().access(Access::word, kScratch, kTable, kRoutineTable);
  code().access(Access::word, kScratch, kScratch, static_cast<int32_t>(offset));
  code().branch_link(kScratch);
}

}  // namespace perdita::jit::thumb2
