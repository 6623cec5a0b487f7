// SPDX-License-Identifier: Apache-2.0
#include "verifier/loop_returns.h"

#include <algorithm>
#include <bit>

namespace perdita::verifier {
namespace {

Scalar64 number_of(const RegValue& value) { return value.is_scalar() ? value.value : whole_offset(value); }

// The number at the place goes up (or down) by at least so much in every iteration, and on the way back it is at most
// (at least) a limit: after n returns it has gone n times as far from where it began, and is within the limit still.
uint64_t returns_of(const LoopIteration& loop, const ValuePlace& place, const States& back) {
  const std::optional<Moves> moves = moves_at(loop, place, back);
  if (!moves) return kUnboundedReturns;
  const int64_t up = *std::min_element(moves->least_up.begin(), moves->least_up.end());
  const int64_t down = *std::min_element(moves->least_down.begin(), moves->least_down.end());
  uint64_t by_up = kUnboundedReturns, by_down = kUnboundedReturns;
  if (up > 0) by_up = static_cast<uint64_t>(std::max<int64_t>(0, moves->highest - moves->start.wide.s.min) / up);
  if (down > 0) by_down = static_cast<uint64_t>(std::max<int64_t>(0, moves->start.wide.s.max - moves->lowest) / down);
  return std::min(by_up, by_down);
}

// A number that has at least one bit less in every iteration.
uint64_t returns_by_bits(const LoopIteration& loop, const ValuePlace& place, const States& back) {
  std::optional<RegValue> first = value_at(loop.entry, place), before = value_at(loop.head, place);
  if (!first || !first->is_scalar() || !before || before->id == kNoId || before->fixed != 0) return kUnboundedReturns;
  const auto& less = loop.analysis.one_bit_less;
  bool always = std::all_of(back.begin(), back.end(), [&](const State& state) {
    std::optional<RegValue> after = value_at(state, place);
    return after && after->is_scalar() && after->fixed == 0 &&
           std::find(less.begin(), less.end(), std::pair{after->id, before->id}) != less.end();
  });
  if (!always) return kUnboundedReturns;
  return static_cast<uint64_t>(std::popcount(first->value.wide.bits.largest()));
}

// A number that gets less from one return to the next, and is never below a limit there: how often it can.
class Measure {
 public:
  explicit Measure(std::optional<domain::Int128> start) : start_(start), useful_(start.has_value()) {}

  // `before` and `after` an iteration, in the state that came back.
  void add(const State& back, const Sum& before, const Sum& after) {
    auto raise = [](std::optional<domain::Int128>& most, std::optional<domain::Int128> by) {
      if (!by) return false;
      most = most ? std::max(*most, *by) : *by;
      return true;
    };
    if (!useful_) return;
    std::optional<domain::Int128> least = least_of(back, after);
    useful_ = least.has_value();
    if (!useful_) return;
    lowest_ = lowest_ ? std::min(*lowest_, *least) : *least;
    steps_ = raise(step_, most_of(back, after.combined(1, before, -1))) && steps_;
    halves_ = raise(half_, most_of(back, after.combined(2, before, -1))) && halves_;
  }

  uint64_t returns() const {
    if (!useful_ || !lowest_) return kUnboundedReturns;
    return std::min(by_steps(), by_halving());
  }

 private:
  uint64_t by_steps() const {
    if (!steps_ || *step_ >= 0) return kUnboundedReturns;
    domain::Int128 times = std::max(domain::Int128{0}, *start_ - *lowest_) / -*step_;
    return times > INT64_MAX ? kUnboundedReturns : static_cast<uint64_t>(times);
  }
  // After an iteration it is at most half of what it was and a constant: as that grows with what it was, it is at most
  // what comes of halving the most that it can be in the beginning.
  uint64_t by_halving() const {
    if (!halves_) return kUnboundedReturns;
    domain::Int128 most = *start_;
    for (uint64_t times = 0;; times++) {
      const domain::Int128 next = (most + *half_) >> 1;
      if (next < *lowest_) return times;
      if (next >= most) return kUnboundedReturns;
      most = next;
    }
  }

  std::optional<domain::Int128> start_, lowest_, step_, half_;
  bool useful_, steps_ = true, halves_ = true;
};

// Numbers that change, up or down, and differences of two of them.
uint64_t returns_by_measures(const LoopIteration& loop, const States& back) {
  constexpr size_t kMostPlaces = 6;
  std::vector<ValuePlace> places;
  for_each_value(loop.head, [&](const ValuePlace& place, const RegValue& value) {
    if ((!value.is_scalar() && !value.has_offset()) || places.size() == kMostPlaces) return;
    bool changes = std::any_of(back.begin(), back.end(), [&](const State& state) {
      std::optional<RegValue> after = value_at(state, place);
      return after && *after != value;
    });
    if (changes) places.push_back(place);
  });
  auto sum_at = [](const State& state, const ValuePlace& place, int64_t factor) {
    std::optional<RegValue> value = value_at(state, place);
    return value ? Sum().add(*value, factor) : Sum().add(kNoId, 1);
  };
  uint64_t fewest = kUnboundedReturns;
  auto consider = [&](auto sum) {
    Measure measure(most_of(loop.entry, sum(loop.entry)));
    for (const State& state : back) measure.add(state, sum(loop.head), sum(state));
    fewest = std::min(fewest, measure.returns());
  };
  for (const ValuePlace& place : places) {
    for (int64_t factor : {1, -1}) {
      consider([&](const State& state) { return sum_at(state, place, factor); });
      for (const ValuePlace& other : places) {
        if (!(place < other)) continue;
        consider([&](const State& state) {
          return sum_at(state, place, factor).combined(1, sum_at(state, other, -factor), 1);
        });
      }
    }
  }
  return fewest;
}

}  // namespace

std::optional<Moves> moves_at(const LoopIteration& loop, const ValuePlace& place, const States& back) {
  std::optional<RegValue> first = value_at(loop.entry, place), before = value_at(loop.head, place);
  if (!first || !before || (!before->is_scalar() && !before->has_offset()) || !comparable(*first, *before)) return {};
  const Origin from = origin_of(*before);
  Moves moves{*first, *before, number_of(*first), INT64_MIN, INT64_MAX, {}, {}, false};
  // The packet's size is another number where the packet was moved.
  if (from.id == kNoId || from.id == kZeroId || from.id == kPacketSizeId || !is_tame(moves.start)) return {};
  const auto counter = loop.steps.find(place);
  moves.is_counter = counter != loop.steps.end();
  if (moves.is_counter && counter->second == 0) return {};
  for (const State& state : back) {
    std::optional<RegValue> after = value_at(state, place);
    if (!after || !comparable(*before, *after)) return {};
    const Scalar64 number = number_of(*after);
    if (!is_tame(number)) return {};
    moves.highest = std::max(moves.highest, number.wide.s.max);
    moves.lowest = std::min(moves.lowest, number.wide.s.min);
    if (moves.is_counter) {
      moves.least_up.push_back(counter->second);
      moves.least_down.push_back(-counter->second);
      continue;
    }
    const Origin to = origin_of(*after);
    const Scalar64 there = number_of(*before);
    if (!is_tame(there) || to.id == kNoId) return {};
    if (to.id == kZeroId) {
      moves.least_up.push_back(number.wide.s.min - there.wide.s.max);
      moves.least_down.push_back(there.wide.s.min - number.wide.s.max);
      continue;
    }
    const int64_t moved = wrapped_difference(to.fixed, from.fixed);
    if (moved > kMostShift || moved < -kMostShift) return {};
    const int64_t back_most = state.most_difference(from.id, to.id), on_most = state.most_difference(to.id, from.id);
    moves.least_up.push_back(back_most < kNoDifference ? moved - back_most : INT64_MIN);
    moves.least_down.push_back(on_most < kNoDifference ? -moved - on_most : INT64_MIN);
  }
  return moves;
}

uint64_t most_returns(const LoopIteration& loop, const States& back) {
  if (back.empty()) return 0;
  uint64_t fewest = kUnboundedReturns;
  for_each_value(loop.head, [&](const ValuePlace& place, const RegValue& value) {
    if (value.is_scalar() || value.has_offset()) fewest = std::min(fewest, returns_of(loop, place, back));
    if (!loop.analysis.one_bit_less.empty()) fewest = std::min(fewest, returns_by_bits(loop, place, back));
  });
  return loop.analysis.linear ? std::min(fewest, returns_by_measures(loop, back)) : fewest;
}

}  // namespace perdita::verifier
