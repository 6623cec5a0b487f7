// SPDX-License-Identifier: Apache-2.0
//
// Branches: both arms start from the state before and learn from the outcome. Numbers learn by domain/compare.h; a
// pointer compared with null is decided for all its copies; a packet pointer compared with the packet's end tells how
// long the packet is. Any other comparison of addresses would tell something about where things lie, and is refused.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "isa/form.h"
#include "verifier/access.h"
#include "verifier/describe.h"
#include "verifier/parts.h"
#include "verifier/record.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

using domain::Relation;

Relation relation_of(const isa::Insn& insn) {
  switch (isa::insn_op(insn.opcode)) {
    case isa::kJeq:
      return Relation::equal;
    case isa::kJne:
      return Relation::not_equal;
    case isa::kJgt:
      return Relation::above;
    case isa::kJge:
      return Relation::not_below;
    case isa::kJlt:
      return Relation::below;
    case isa::kJle:
      return Relation::not_above;
    case isa::kJsgt:
      return Relation::greater;
    case isa::kJsge:
      return Relation::not_less;
    case isa::kJslt:
      return Relation::less;
    case isa::kJsle:
      return Relation::not_greater;
    default:
      return Relation::common_bits;
  }
}

// What the outcome says about how far apart the operands are. Only where the relation is one between the whole numbers
// read as signed: 64-bit comparisons, or 32-bit ones of numbers that are their own extension; and unsigned ones of
// numbers that are not negative. False: it contradicts what is known.
bool learn_difference(State& state, const RegValue& x, const RegValue& y, Relation relation, bool wide) {
  if (x.id == kNoId || y.id == kNoId || !is_tame(x.value) || !is_tame(y.value)) return true;
  if (x.fixed > kTame || x.fixed < -kTame || y.fixed > kTame || y.fixed < -kTame) return true;
  bool not_negative = x.value.wide.s.min >= 0 && y.value.wide.s.min >= 0;
  bool is_signed = relation == Relation::less || relation == Relation::not_greater || relation == Relation::greater ||
                   relation == Relation::not_less;
  int64_t limit = int64_t{1} << (is_signed ? 31 : 32);
  auto extends = [&](const RegValue& v) {
    return v.value.wide.s.min >= (is_signed ? -limit : 0) && v.value.wide.s.max < limit;
  };
  if (!wide && !(extends(x) && extends(y))) return true;
  if (!is_signed && relation != Relation::equal && relation != Relation::not_equal && !not_negative) return true;
  const int64_t apart = y.fixed - x.fixed;  // x <= y: V(x) - V(y) <= apart
  switch (relation) {
    case Relation::below:
    case Relation::less:
      return state.learn(x.id, y.id, apart - 1);
    case Relation::not_above:
    case Relation::not_greater:
      return state.learn(x.id, y.id, apart);
    case Relation::above:
    case Relation::greater:
      return state.learn(y.id, x.id, -apart - 1);
    case Relation::not_below:
    case Relation::not_less:
      return state.learn(y.id, x.id, -apart);
    case Relation::equal:
      return state.learn(x.id, y.id, apart) && state.learn(y.id, x.id, -apart);
    case Relation::not_equal:
      if (state.most_difference(x.id, y.id) == apart && !state.learn(x.id, y.id, apart - 1)) return false;
      return state.most_difference(y.id, x.id) != -apart || state.learn(y.id, x.id, -apart - 1);
    default:
      return true;
  }
}

// False where the opposite has been told before, whichever way round it was asked.
bool remember(State& state, Condition condition) {
  if (condition.b < condition.a) {
    if (condition.relation == Relation::common_bits) return true;
    std::swap(condition.a, condition.b);
    std::swap(condition.fixed_a, condition.fixed_b);
    condition.relation = domain::exchanged(condition.relation);
  }
  Condition opposite = condition;
  opposite.relation = domain::opposite(condition.relation);
  if (state.linear.knows(opposite)) return false;
  state.linear.learn_condition(condition);
  return true;
}

// What an outcome says of the operands by themselves.
struct Narrowed {
  Relation relation;
  Scalar64 a, b;
  bool possible;

  Narrowed(const RegValue& dst, const RegValue& src, Relation outcome, bool wide)
      : relation(outcome), a(dst.value), b(src.value) {
    possible = wide ? domain::assume_wide(relation, a, b) : domain::assume_low(relation, a, b);
  }
};

// Every value that is counted from the same number as an operand learns what the operand does. A register compared with
// itself gets what both sides learn. Where the outcome is not possible by itself, the state stays as it is.
bool assume_numbers(const Analysis& analysis, State& state, const isa::Insn& insn, const RegValue& src,
                    const Narrowed& narrowed) {
  if (!narrowed.possible) return false;
  RegValue& dst = state.regs[insn.dst()];
  const bool wide = isa::operand_bits(insn.opcode) == 64;
  const Relation relation = narrowed.relation;
  const Scalar64 &a = narrowed.a, &b = narrowed.b;
  // By what the outcome says of each: an int that was compared with what is not negative is its own extension.
  RegValue narrowed_dst = dst, narrowed_src = src;
  narrowed_dst.value = a;
  narrowed_src.value = b;
  if (!learn_difference(state, narrowed_dst, narrowed_src, relation, wide)) return false;
  if (isa::uses_register(insn.opcode)) {
    record_range(analysis, state, dst);
    record_range(analysis, state, src);
  }
  const uint32_t dst_id = dst.id, src_id = src.id;
  const int64_t dst_fixed = dst.fixed;
  dst.value = a;
  if (isa::uses_register(insn.opcode)) {
    RegValue& reg = state.regs[insn.src()];
    if (insn.src() == insn.dst()) {
      if (!domain::meet(reg.value, b)) return false;
    } else {
      reg.value = b;
    }
  }
  auto base = [](const Scalar64& number, int64_t fixed) { return moved_by(number, wrapped_difference(0, fixed)); };
  if (analysis.linear && dst_id != kNoId && src_id != kNoId &&
      !remember(state, {dst_id, src_id, dst_fixed, src.fixed, relation, wide}))
    return false;
  for (const auto& [id, number] : {std::pair{dst_id, base(a, dst_fixed)}, std::pair{src_id, base(b, src.fixed)}}) {
    if (!state.narrow(id, number) || !narrow_parts(analysis, state, id, number)) return false;
  }
  state.linear.resolve(state);
  return true;
}

// ---- a packet pointer against the packet's end: offset o = v + fixed against size n ----

bool set_size(State& state, const Scalar64& size) { return state.narrow(kPacketSizeId, size); }

// n >= o + `more`. Sound: o >= o.min, so n >= o.min + more; beyond v there are at least fixed + more bytes; and as
// n <= n.max, v <= n.max - fixed - more.
bool assume_inside(State& state, const RegValue& pointer, int64_t more) {
  Scalar64 offset = whole_offset(pointer);
  int64_t least = offset.wide.s.min + more;
  if (least > 0 && !set_size(state, domain::unsigned_scalar<64, 32>(static_cast<uint64_t>(least), UINT64_MAX)))
    return false;
  state.raise_packet_range(pointer.id, pointer.fixed + more);
  int64_t limit = static_cast<int64_t>(state.packet_size.wide.u.max) - pointer.fixed - more;
  return state.limit_packet_offset(pointer.id, limit);
}

// n < o + `more`, that is n <= o.max + more - 1. Impossible where n >= v + fixed + more is known.
bool assume_outside(State& state, const RegValue& pointer, int64_t more) {
  if (state.packet_range(pointer.id) >= pointer.fixed + more) return false;
  int64_t most = whole_offset(pointer).wide.s.max + more - 1;
  return most >= 0 && set_size(state, domain::unsigned_scalar<64, 32>(0, static_cast<uint64_t>(most)));
}

// `relation` between the pointer (left) and the end (right), as addresses. Addresses of one object do not wrap
// (kOffsetLimit), so they compare as the offsets do.
bool assume_packet(State& state, const RegValue& pointer, Relation relation) {
  switch (relation) {
    case Relation::not_above:  // o <= n
      return assume_inside(state, pointer, 0);
    case Relation::below:  // o < n
      return assume_inside(state, pointer, 1);
    case Relation::above:  // o > n
      return assume_outside(state, pointer, 0);
    case Relation::not_below:  // o >= n
      return assume_outside(state, pointer, 1);
    case Relation::equal:
      return assume_inside(state, pointer, 0) && assume_outside(state, pointer, 1);
    default: {  // not equal: where o <= n was known, o < n; and something where o is constant
      if (state.packet_range(pointer.id) >= pointer.fixed) return assume_inside(state, pointer, 1);
      Scalar64 offset = whole_offset(pointer), size = state.packet_size;
      return domain::assume_wide(Relation::not_equal, size, offset) && set_size(state, size);
    }
  }
}

// Pointers into the frame and into a map's value, each inside its object for certain: they are never equal, and to say
// so shows nothing. Sound: no byte belongs to both, and neither pointer stands behind the end of what it points to.
bool never_equal(const Analysis& analysis, const RegValue& a, const RegValue& b) {
  const bool a_first = a.kind == RegKind::stack;
  const RegValue& stack = a_first ? a : b;
  const RegValue& value = a_first ? b : a;
  if (stack.kind != RegKind::stack || value.kind != RegKind::map_value) return false;
  Scalar64 below = whole_offset(stack), inside = whole_offset(value);
  return below.wide.s.min >= -StackContents::kBytes && below.wide.s.max < 0 && inside.wide.s.min >= 0 &&
         inside.wide.s.max < int64_t{analysis.map(value).def.value_size};
}

// `relation` between a pointer to what lies before the packet (left) and the packet's start (right): o bytes are there
// where it does not lie above. Both outcomes are possible.
void assume_meta(State& state, const RegValue& pointer, Relation relation) {
  int64_t least = whole_offset(pointer).wide.s.min;
  if (relation == Relation::below) least++;
  if (relation == Relation::not_above || relation == Relation::below || relation == Relation::equal)
    state.meta_bytes = std::max(state.meta_bytes, least);
}

bool is_order_or_equality(Relation relation) {
  return relation == Relation::equal || relation == Relation::not_equal || relation == Relation::above ||
         relation == Relation::not_below || relation == Relation::below || relation == Relation::not_above;
}

bool is_equality(Relation relation) { return relation == Relation::equal || relation == Relation::not_equal; }

Arms reject(Analysis& analysis, uint32_t pc, const RegValue& a, const RegValue& b) {
  const object::Module& module = analysis.subject.module;
  analysis.error(pc, {"pointer-compared", "this comparison would tell something about addresses",
                      "a pointer against null, packet pointers against data_end, or pointers into one object",
                      describe(module, a) + "; and " + describe(module, b),
                      "compare lengths or indices instead; a packet's bytes as data + n > data_end"});
  return {true, true};
}

Arms branch_on_null(State& taken, State& other, const RegValue& pointer, Relation relation) {
  bool taken_if_null = relation == Relation::equal;
  if (pointer.may_be_null() && pointer.kind != RegKind::reservation_or_null) {
    taken.decide_null(pointer.id, taken_if_null);
    other.decide_null(pointer.id, !taken_if_null);
    return {true, true};
  }
  if (pointer.kind == RegKind::reservation_or_null) {
    taken.decide_reservation(pointer.id, taken_if_null);
    other.decide_reservation(pointer.id, !taken_if_null);
    return {true, true};
  }
  return {!taken_if_null, taken_if_null};  // an object's address is never 0 (kOffsetLimit)
}

// Addresses of one object compare as their offsets do, with their signs.
Relation of_offsets(Relation relation) {
  switch (relation) {
    case Relation::below:
      return Relation::less;
    case Relation::not_above:
      return Relation::not_greater;
    case Relation::above:
      return Relation::greater;
    case Relation::not_below:
      return Relation::not_less;
    default:
      return relation;
  }
}

// Pointers into one object compare as their offsets do, which may be negative: addresses compare as signed offsets.
// What the packet has beyond the other pointer, it has beyond the one, as far as they may be apart. It is asked at each
// access, and need not be found out at each.
void share_packet_range(State& state, const RegValue& pointer, const RegValue& other) {
  const int64_t apart = state.most_difference(pointer.id, other.id), beyond = state.packet_range(other.id);
  if (pointer.id != other.id && apart < kOffsetLimit && beyond > -kOffsetLimit)
    state.raise_packet_range(pointer.id, beyond - apart);
}

// Adding a bias makes both non-negative.
bool assume_offsets(State& state, const RegValue& a, const RegValue& b, Relation relation) {
  constexpr int64_t kBias = kTame;  // more than any constant part
  if (Origin x = origin_of(a), y = origin_of(b); x.id != kNoId && x.id == y.id) {
    Scalar64 left = Scalar64::constant(static_cast<uint64_t>(x.fixed + kBias));
    Scalar64 right = Scalar64::constant(static_cast<uint64_t>(y.fixed + kBias));
    return domain::assume_wide(relation, left, right);
  }
  Scalar64 x = moved_by(whole_offset(a), kBias), y = moved_by(whole_offset(b), kBias);
  if (!domain::assume_wide(relation, x, y)) return false;
  const RegValue left = RegValue::scalar(whole_offset(a), number_id(a), a.fixed);
  const RegValue right = RegValue::scalar(whole_offset(b), number_id(b), b.fixed);
  if (!learn_difference(state, left, right, of_offsets(relation), true)) return false;
  if (a.kind == RegKind::packet) {
    share_packet_range(state, a, b);
    share_packet_range(state, b, a);
  }
  return state.narrow(number_id(a), moved_by(x, -kBias - a.fixed)) &&
         state.narrow(number_id(b), moved_by(y, -kBias - b.fixed));
}

// Both arms of a branch, by what `assume` makes of a state and a relation. Where the first one is not taken, the state
// before is kept.
template <typename Assume>
Arms both_arms(State& taken, State& other, Relation relation, std::unique_ptr<State>& before, Assume assume) {
  Arms arms{};
  arms.taken = assume(taken, relation);
  if (!arms.taken) before = std::make_unique<State>(other);
  arms.not_taken = assume(other, domain::opposite(relation));
  return arms;
}

Arms branch_on_pointers(Analysis& analysis, State& taken, State& other, uint32_t pc, std::unique_ptr<State>& before) {
  const isa::Insn& insn = analysis.insn(pc);
  RegValue a = taken.regs[insn.dst()], b = source_operand(taken, insn);
  Relation relation = relation_of(insn);
  if (isa::operand_bits(insn.opcode) != 64) return reject(analysis, pc, a, b);
  if (is_equality(relation) && (a.is_constant(0) || b.is_constant(0))) {
    const RegValue& pointer = a.is_pointer() ? a : b;
    if (pointer.has_offset() || pointer.may_be_null()) {
      return branch_on_null(taken, other, pointer, relation);
    }
    return reject(analysis, pc, a, b);
  }
  if (!is_order_or_equality(relation)) return reject(analysis, pc, a, b);
  if (a.kind == RegKind::packet && b.kind == RegKind::packet_end) {
    return both_arms(taken, other, relation, before,
                     [&a](State& state, Relation seen) { return assume_packet(state, a, seen); });
  }
  if (a.kind == RegKind::packet_end && b.kind == RegKind::packet) {
    return both_arms(taken, other, domain::exchanged(relation), before,
                     [&b](State& state, Relation seen) { return assume_packet(state, b, seen); });
  }
  bool meta_first = a.kind == RegKind::packet_meta && b.kind == RegKind::packet;
  if (meta_first || (a.kind == RegKind::packet && b.kind == RegKind::packet_meta)) {
    const RegValue& start = meta_first ? b : a;
    if (whole_offset(start) == Scalar64::constant(0)) {
      Relation seen = meta_first ? relation : domain::exchanged(relation);
      assume_meta(taken, meta_first ? a : b, seen);
      assume_meta(other, meta_first ? a : b, domain::opposite(seen));
    }
    return {true, true};
  }
  if (is_equality(relation) && never_equal(analysis, a, b)) {
    return {relation == Relation::not_equal, relation == Relation::equal};
  }
  if (!same_object(a, b)) return reject(analysis, pc, a, b);
  return both_arms(taken, other, relation, before,
                   [&a, &b](State& state, Relation seen) { return assume_offsets(state, a, b, seen); });
}

}  // namespace

// Whether a pointer that is gone is asked whether it was null. That shows nothing about where it pointed.
static bool asks_released_for_null(const State& state, const isa::Insn& insn) {
  return isa::operand_bits(insn.opcode) == 64 && !isa::uses_register(insn.opcode) && insn.imm == 0 &&
         is_equality(relation_of(insn)) && state.regs[insn.dst()].kind == RegKind::released;
}

// The same for numbers; without copying the state where the ranges decide and nobody counts from the operands.
static Arms branch_on_numbers(Analysis& analysis, State& state, std::unique_ptr<State>& other, const isa::Insn& insn,
                              std::unique_ptr<State>& before) {
  const bool by_register = isa::uses_register(insn.opcode);
  if (by_register) {
    for (unsigned reg : {insn.dst(), insn.src()}) analysis.name(state.regs[reg]);
  }
  const RegValue src = source_operand(state, insn);
  const RegValue& dst = state.regs[insn.dst()];
  const bool wide = isa::operand_bits(insn.opcode) == 64;
  const Relation relation = relation_of(insn);
  const Narrowed taken(dst, src, relation, wide), not_taken(dst, src, domain::opposite(relation), wide);
  const bool named = dst.id != kNoId || src.id != kNoId || (by_register && insn.dst() == insn.src());
  if (!named && !analysis.linear && taken.possible != not_taken.possible) {
    assume_numbers(analysis, state, insn, src, taken.possible ? taken : not_taken);
    return {taken.possible, not_taken.possible};
  }
  other = std::make_unique<State>(state);
  Arms arms{};
  arms.taken = assume_numbers(analysis, state, insn, src, taken);
  if (!arms.taken && taken.possible) before = std::make_unique<State>(*other);
  arms.not_taken = assume_numbers(analysis, *other, insn, src, not_taken);
  if (!arms.taken && !arms.not_taken && before == nullptr) before = std::make_unique<State>(state);
  return arms;
}

Arms transfer_branch(Analysis& analysis, State& state, std::unique_ptr<State>& other, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  if (asks_released_for_null(state, insn)) {
    other = std::make_unique<State>(state);
    return {true, true};
  }
  bool readable = check_readable(analysis, state, pc, insn.dst());
  if (isa::uses_register(insn.opcode)) readable = check_readable(analysis, state, pc, insn.src()) && readable;
  if (!readable) {
    other = std::make_unique<State>(state);
    return {true, true};
  }
  Arms arms{};
  std::unique_ptr<State> before;
  if (analysis.trial != nullptr) {
    const RegValue& a = state.regs[insn.dst()];
    const RegValue b = source_operand(state, insn);
    if (analysis.is_loop_number(number_id(a)) || analysis.is_loop_number(number_id(b)))
      analysis.compared.emplace_back(a, b);
  }
  if (state.regs[insn.dst()].is_pointer() || (isa::uses_register(insn.opcode) && state.regs[insn.src()].is_pointer())) {
    other = std::make_unique<State>(state);
    arms = branch_on_pointers(analysis, state, *other, pc, before);
  } else {
    arms = branch_on_numbers(analysis, state, other, insn, before);
    if (other == nullptr) return arms;
  }
  // One of the two happens in any execution, so there is none here. Where what was known before shows that by itself,
  // the path ends; it would at any later check, too, but nothing looks at facts and ranges together on the way. Where
  // it does not, what was known may be wrong: never accept on such ground.
  if (!arms.taken && !arms.not_taken && !(before && before->describes_nothing())) {
    analysis.error(pc, {"internal-contradiction", "the verifier contradicts itself here", "one arm that can be taken",
                        "neither", "please report this program"});
  }
  return arms;
}

}  // namespace perdita::verifier
