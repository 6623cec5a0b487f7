// SPDX-License-Identifier: Apache-2.0
#include "verifier/record.h"

namespace perdita::verifier {
namespace {

using domain::Int128;
using domain::Operation;

constexpr uint64_t kMostFactor = 1u << 16;

// Not negative, and the same number to an operation of the width.
bool is_natural(const Scalar64& number, bool wide) { return wide ? number.wide.s.min >= 0 : is_unsigned_32(number); }

void learn_range(State& state, const RegValue& value) {
  if (number_id(value) == kNoId) return;
  const Scalar64 base = base_of(value);
  state.linear.learn(Sum().add(number_id(value), 1), base.wide.s.min, base.wide.s.max);
}

// What was computed before, and has a name: sum = V(id) + fixed, by one fact.
Origin known_sum(const State& state, const Sum& sum) {
  for (const Linear& fact : state.linear.facts()) {
    if (fact.least != fact.most) continue;
    for (int64_t times : {1, -1}) {
      const Sum left = sum.combined(1, fact.sum(), times);
      if (!left.usable() || left.terms().size() != 1 || left.terms()[0].factor != 1) continue;
      const Int128 fixed = left.constant() - Int128{fact.least} * times;
      if (fixed > -kMostShift && fixed < kMostShift) return {left.terms()[0].id, static_cast<int64_t>(fixed)};
    }
  }
  return {};
}

// result = sum, as 64 or 32 bits compute it. Sound: of 64 bits where the sum stays within 2^61 for certain, so that
// nothing wraps; of 32 bits the result is the sum less a multiple of 2^32, which is known where the sum lies within one
// such stretch.
void learn_result(Analysis& analysis, State& state, bool wide, const Sum& sum, RegValue& result) {
  if (!sum.usable()) return;
  const bool is_new = result.id == kNoId;
  analysis.name(result);
  if (result.id == kNoId) return;
  std::optional<Int128> least = least_of(state, sum), most = most_of(state, sum);
  const Sum difference = Sum().add(result.id, 1).add_constant(result.fixed).combined(1, sum, -1);
  const bool known = least && most;
  Int128 wrapped = 0;
  if (wide) {
    if (!known || *least < -kTame || *most > kTame) return;
  } else {
    Int128 stretch = known ? floor_divided(*least, kModulus) : 0;
    if (!known || *most >= (stretch + 1) * kModulus) return state.linear.learn_modular(difference);
    wrapped = stretch * kModulus;
  }
  // A contradiction: no execution comes here.
  if (*least > *most) return;
  Scalar64 number = result.value;
  if (!domain::meet(number, domain::signed_scalar<64, 32>(static_cast<int64_t>(*least - wrapped),
                                                          static_cast<int64_t>(*most - wrapped))))
    return;
  if (number.is_constant()) {
    result = RegValue::scalar(number);
    return;
  }
  result.value = number;
  if (const Origin same = known_sum(state, sum); is_new && same.id != kNoId) {
    result.id = same.id;
    result.fixed = same.fixed - static_cast<int64_t>(wrapped);
    return;
  }
  Sum exact = difference;
  state.linear.learn(exact.add_constant(wrapped), 0, 0);
  learn_range(state, result);
}

// factor * result is x, or up to factor - 1 less.
void learn_quotient(Analysis& analysis, State& state, const RegValue& x, uint64_t factor, RegValue& result) {
  if (factor == 0 || factor > kMostFactor) return;
  analysis.name(result);
  if (result.id == kNoId) return;
  const auto times = static_cast<int64_t>(factor);
  state.linear.learn(Sum().add(result, times).add(x, -1), 1 - times, 0);
  learn_range(state, result);
}

// The lowest bits of x: what is left of it where it lies within one stretch of as many numbers.
bool learn_remainder(Analysis& analysis, State& state, const RegValue& x, uint64_t stretch, RegValue& result) {
  const Scalar64 number = sharpened(state, x);
  const uint64_t from = number.wide.u.min / stretch * stretch;
  if (number.wide.u.max / stretch * stretch != from || from > INT64_MAX) return false;
  learn_result(analysis, state, true, Sum().add(x, 1).add_constant(-Int128{from}), result);
  return true;
}

// Some bits of x, which is not negative, are gone from the result.
void learn_lost_bits(Analysis& analysis, State& state, const RegValue& x, Int128 most_lost, RegValue& result) {
  analysis.name(result);
  if (result.id != kNoId) state.linear.learn(Sum().add(x, 1).add(result, -1), 0, most_lost);
}

}  // namespace

void record_range(const Analysis& analysis, State& state, const RegValue& value) {
  if (analysis.linear) learn_range(state, value);
}

void record_arithmetic(Analysis& analysis, State& state, Operation operation, bool wide, const RegValue& x,
                       const RegValue& y, RegValue& result) {
  if (!analysis.linear || !x.is_scalar() || !y.is_scalar() || !result.is_scalar()) return;
  if (result.value.is_constant() || (result.id != kNoId && (result.id == x.id || result.id == y.id))) return;
  learn_range(state, x);
  learn_range(state, y);
  const bool by_constant = y.value.is_constant();
  const uint64_t constant = wide ? y.value.wide.u.min : y.value.low.u.min;
  switch (operation) {
    case Operation::add:
      return learn_result(analysis, state, wide, Sum().add(x, 1).add(y, 1), result);
    case Operation::sub:
      return learn_result(analysis, state, wide, Sum().add(x, 1).add(y, -1), result);
    case Operation::mul:
      if (!by_constant || constant > kMostFactor) return;
      return learn_result(analysis, state, wide, Sum().add(x, static_cast<int64_t>(constant)), result);
    case Operation::lsh:
      if (!by_constant || constant > 16 || result.raised_id != kNoId) return;
      return learn_result(analysis, state, wide, Sum().add(x, int64_t{1} << constant), result);
    case Operation::rsh:
      if (by_constant && constant <= 16 && is_natural(x.value, wide))
        learn_quotient(analysis, state, x, uint64_t{1} << constant, result);
      return;
    case Operation::arsh: {
      // Towards the smaller, also of negative numbers.
      const bool whole = wide || (is_unsigned_32(x.value) && x.value.low.s.min >= 0);
      if (by_constant && constant <= 16 && whole) learn_quotient(analysis, state, x, uint64_t{1} << constant, result);
      return;
    }
    case Operation::udiv:
    case Operation::sdiv: {
      const bool natural =
          is_natural(x.value, wide) && (wide || operation == Operation::udiv || x.value.low.s.min >= 0);
      if (by_constant && natural) learn_quotient(analysis, state, x, constant, result);
      return;
    }
    case Operation::umod:
    case Operation::bit_and:
      if (by_constant && is_natural(x.value, wide)) {
        const bool low_bits = operation == Operation::bit_and && constant != 0 && (constant & (constant + 1)) == 0;
        if (low_bits && constant <= UINT32_MAX && learn_remainder(analysis, state, x, constant + 1, result)) return;
        // Low bits of a mask that are 0: no more than these are lost.
        const uint64_t lost = x.value.wide.bits.largest() & ~constant;
        const bool mask = operation == Operation::bit_and && lost <= INT64_MAX;
        learn_lost_bits(analysis, state, x, mask ? Int128{lost} : Int128{INT64_MAX}, result);
      }
      return;
    case Operation::bit_xor:
      if (by_constant && constant == (wide ? UINT64_MAX : UINT32_MAX))
        record_negation(analysis, state, wide, x, 1, result);
      return;
    default:
      return;
  }
}

void record_negation(Analysis& analysis, State& state, bool wide, const RegValue& x, int64_t less, RegValue& result) {
  if (!analysis.linear || !x.is_scalar() || result.value.is_constant()) return;
  learn_range(state, x);
  learn_result(analysis, state, wide, Sum().add(x, -1).add_constant(-less), result);
}

void record_offset(Analysis& analysis, State& state, const RegValue& from, const RegValue& number, RegValue& moved) {
  if (!analysis.linear || !moved.has_offset() || moved.value.is_constant()) return;
  uint32_t& id = moved.kind == RegKind::packet ? moved.id : moved.offset_id;
  if (id == kNoId) id = analysis.fresh_id();
  learn_range(state, from);
  learn_range(state, number);
  state.linear.learn(Sum().add(moved, 1).add(from, -1).add(number, -1), 0, 0);
  learn_range(state, moved);
}

void record_distance(Analysis& analysis, State& state, const RegValue& a, const RegValue& b, RegValue& result) {
  if (!analysis.linear || !result.is_scalar() || result.id != kNoId) return;
  analysis.name(result);
  if (result.id == kNoId) return;
  state.linear.learn(Sum().add(result, 1).add(state.as_packet(a), -1).add(state.as_packet(b), 1), 0, 0);
}

Scalar64 sharpened(const State& state, const RegValue& value) {
  Scalar64 number = value.is_scalar() ? value.value : whole_offset(value);
  if (state.linear.empty()) return number;
  const Sum sum = Sum().add(value, 1);
  std::optional<Int128> least = least_of(state, sum), most = most_of(state, sum);
  if (least && most && *least > *most) return number;
  auto within = [](Int128 end) { return end >= INT64_MIN && end <= INT64_MAX; };
  Scalar64 known = domain::signed_scalar<64, 32>(least && within(*least) ? static_cast<int64_t>(*least) : INT64_MIN,
                                                 most && within(*most) ? static_cast<int64_t>(*most) : INT64_MAX);
  // A contradiction: no execution comes here; what is known stays as it is.
  Scalar64 both = number;
  return domain::meet(both, known) ? both : number;
}

}  // namespace perdita::verifier
