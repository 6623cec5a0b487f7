// SPDX-License-Identifier: Apache-2.0
#include "verifier/state.h"

#include <algorithm>
#include <map>
#include <utility>

#include "verifier/values_of.h"

namespace perdita::verifier {
namespace {

constexpr size_t kMostDifferences = 48;  // more are not kept: each is a gain, none a need

// Applies `change` to each value that `chosen` picks. Shared stacks are copied only where one of their cells is chosen.
template <typename Chosen, typename Change>
bool change_values(State& state, Chosen chosen, Change change) {
  auto apply = [&](RegValue& value) { return !chosen(value) || change(value); };
  for (RegValue& reg : state.regs) {
    if (!apply(reg)) return false;
  }
  for (size_t i = 0; i < state.frames.size(); i++) {
    SavedRegisters& saved = state.frames[i].saved;
    for (size_t k = 0; k < saved.size(); k++) {
      if (chosen(saved[k]) && !change(saved.edit(k))) return false;
    }
    const auto& cells = state.stack(i).cells();
    if (std::none_of(cells.begin(), cells.end(), [&](const StackCell& cell) { return chosen(cell.value); })) continue;
    for (StackCell& cell : state.edit_stack(i).cells()) {
      if (!apply(cell.value)) return false;
    }
  }
  return true;
}

}  // namespace

const SavedRegisters::Values SavedRegisters::kNothing{};

RegValue& SavedRegisters::edit(size_t i) {
  if (held_ == nullptr || held_.use_count() > 1) held_ = std::make_shared<Values>(values());
  return (*held_)[i];
}

StackContents& State::edit_stack(size_t frame) {
  auto& shared = frames[frame].stack;
  if (shared.use_count() > 1) shared = std::make_shared<StackContents>(*shared);
  return *shared;
}

namespace {

using Facts = std::vector<Difference>;

Facts::const_iterator place_of(const Facts& facts, uint32_t a, uint32_t b) {
  return std::lower_bound(facts.begin(), facts.end(), std::pair{a, b},
                          [](const Difference& fact, const std::pair<uint32_t, uint32_t>& wanted) {
                            return std::pair{fact.a, fact.b} < wanted;
                          });
}

int64_t fact_about(const Facts& facts, uint32_t a, uint32_t b) {
  auto at = place_of(facts, a, b);
  return at != facts.end() && at->a == a && at->b == b ? at->most : kNoDifference;
}

}  // namespace

int64_t State::most_difference(uint32_t a, uint32_t b) const {
  if (a == b) return 0;
  int64_t most = fact_about(differences, a, b);
  for (auto first = place_of(differences, a, 0); first != differences.end() && first->a == a; ++first) {
    int64_t second = fact_about(differences, first->b, b);
    if (second < kNoDifference) most = std::min(most, first->most + second);
  }
  return most;
}

bool State::learn(uint32_t a, uint32_t b, int64_t most) {
  if (most >= kTame || most <= -kTame) return true;
  if (a == b) return most >= 0;
  int64_t back = most_difference(b, a);
  if (back < kNoDifference && back + most < 0) return false;
  auto at = differences.begin() + (place_of(differences, a, b) - differences.cbegin());
  if (at != differences.end() && at->a == a && at->b == b) {
    at->most = std::min(at->most, most);
  } else if (differences.size() < kMostDifferences) {
    differences.insert(at, {a, b, most});
  }
  return true;
}

RegValue State::as_packet(const RegValue& pointer) const {
  if (pointer.kind != RegKind::packet_end) return pointer;
  RegValue end = RegValue::pointer(RegKind::packet);
  end.id = kPacketSizeId;
  end.value = packet_size;
  return end;
}

int64_t State::packet_range(uint32_t id) const {
  if (id == kNoId) return static_cast<int64_t>(packet_size.wide.u.min);
  int64_t most = most_difference(id, kPacketSizeId);
  return most < kNoDifference ? -most : INT64_MIN / 2;
}

void State::raise_packet_range(uint32_t id, int64_t bytes) {
  if (id == kNoId || bytes <= -kOffsetLimit) return;
  learn(id, kPacketSizeId, -bytes);
}

bool State::narrow(uint32_t id, const Scalar64& base, unsigned depth) {
  if (id == kNoId) return true;
  if (id == kPacketSizeId && !domain::meet(packet_size, base)) return false;
  bool possible = change_values(
      *this, [id](const RegValue& value) { return number_id(value) == id; },
      [&base](RegValue& value) {
        if (!domain::meet(value.value, value.is_scalar() ? moved_by(base, value.fixed) : base)) return false;
        if (value.is_scalar() && value.value.is_constant()) value = RegValue::scalar(value.value);
        return true;
      });
  linear.narrow(id, base);
  if (!possible || depth == 0 || differences.empty() || !is_tame(base)) return possible;
  // Sound: facts are exact, and about numbers that lie within 2^62 of 0.
  const Facts facts = differences;
  for (const Difference& fact : facts) {
    if (fact.a == id) {
      Scalar64 above = domain::signed_scalar<64, 32>(base.wide.s.min - fact.most, 4 * kTame);
      if (!narrow(fact.b, above, fact.b == kPacketSizeId ? 0 : depth - 1)) return false;
    } else if (fact.b == id) {
      Scalar64 below = domain::signed_scalar<64, 32>(-4 * kTame, base.wide.s.max + fact.most);
      if (!narrow(fact.a, below, depth - 1)) return false;
    }
  }
  return true;
}

void State::decide_null(uint32_t id, bool is_null) {
  change_values(
      *this,
      [id](const RegValue& value) {
        return value.may_be_null() && value.kind != RegKind::reservation_or_null && value.id == id;
      },
      [is_null](RegValue& value) {
        if (is_null) {
          value = RegValue::constant(0);
        } else {
          value.kind = certain(value.kind);
        }
        return true;
      });
}

void State::decide_reservation(uint32_t number, bool is_null) {
  change_values(
      *this,
      [number](const RegValue& value) { return value.kind == RegKind::reservation_or_null && value.id == number; },
      [is_null](RegValue& value) {
        if (is_null) {
          value = RegValue::constant(0);
        } else {
          value.kind = RegKind::reservation;
        }
        return true;
      });
  if (is_null) reservations[number] = {};
}

void State::release(uint32_t number, RegKind pointers) {
  change_values(
      *this,
      [number](const RegValue& value) {
        return (value.kind == RegKind::reservation || value.kind == RegKind::reservation_or_null) && value.id == number;
      },
      [pointers](RegValue& value) {
        value = RegValue::of_kind(pointers);
        return true;
      });
  reservations[number] = {};
}

uint8_t State::callback_depth() const {
  return static_cast<uint8_t>(
      std::count_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.is_callback; }));
}

bool State::limit_packet_offset(uint32_t id, int64_t limit) {
  if (id == kNoId) return limit >= 0;
  return narrow(id, domain::signed_scalar<64, 32>(-kTame, limit));
}

namespace {

using Numbers = std::map<uint32_t, Scalar64>;

// Whether facts and numbers, bits and all, let each other have members, as far as a few rounds of telling each other
// show. Sound as State::narrow is.
bool bear_each_other(const Facts& facts, Numbers numbers) {
  constexpr unsigned kRounds = 4;
  for (unsigned round = 0; round < kRounds; round++) {
    for (const Difference& fact : facts) {
      Scalar64 &a = numbers.at(fact.a), &b = numbers.at(fact.b);
      if (is_tame(b) && !domain::meet(a, domain::signed_scalar<64, 32>(-4 * kTame, b.wide.s.max + fact.most)))
        return false;
      if (is_tame(a) && !domain::meet(b, domain::signed_scalar<64, 32>(a.wide.s.min - fact.most, 4 * kTame)))
        return false;
      const bool equal = fact_about(facts, fact.b, fact.a) == -fact.most;
      if (equal && !domain::meet(a, moved_by(b, fact.most))) return false;
    }
  }
  return true;
}

// Facts and ranges are bounds V(a) - V(b) <= most of exact integers, a range being one against 0. Around a circle the
// differences add up to 0, and so to no more than the bounds do: where these add up to less than 0, no numbers satisfy
// them all. Bellman and Ford find such a circle, if there is one: sums that may begin anywhere get smaller without end.
bool go_in_a_circle(Facts bounds, const Numbers& numbers) {
  for (const auto& [id, number] : numbers) {
    if (!is_tame(number)) continue;
    bounds.push_back({id, kZeroId, number.wide.s.max});
    bounds.push_back({kZeroId, id, -number.wide.s.min});
  }
  std::map<uint32_t, domain::Int128> least;
  for (size_t round = 0; round <= numbers.size(); round++) {
    bool changed = false;
    for (const Difference& bound : bounds) {
      const domain::Int128 sum = least[bound.b] + bound.most;
      if (sum >= least[bound.a]) continue;
      least[bound.a] = sum;
      changed = true;
    }
    if (!changed) return false;
  }
  return true;
}

}  // namespace

bool State::describes_nothing() const {
  Numbers numbers{{kZeroId, Scalar64::constant(0)}, {kPacketSizeId, packet_size}};
  bool possible = true;
  for_each_value(*this, [&](const ValuePlace&, const RegValue& value) {
    const uint32_t id = number_id(value);
    if (id == kNoId) return;
    auto [at, is_new] = numbers.try_emplace(id, base_of(value));
    possible = possible && (is_new || domain::meet(at->second, base_of(value)));
  });
  for (const Difference& fact : differences) {
    numbers.try_emplace(fact.a, Scalar64::unknown());
    numbers.try_emplace(fact.b, Scalar64::unknown());
  }
  return !possible || !bear_each_other(differences, numbers) || go_in_a_circle(differences, numbers);
}

void State::drop_unused_differences(std::span<const uint32_t> kept) {
  if (differences.empty() && linear.empty()) return;
  std::vector<uint32_t> used{kPacketSizeId};
  used.insert(used.end(), kept.begin(), kept.end());
  auto collect = [&used](const RegValue& value) {
    if (uint32_t id = number_id(value); id != kNoId) used.push_back(id);
    if (value.raised_id != kNoId) used.push_back(value.raised_id);
  };
  for (const RegValue& reg : regs) collect(reg);
  for (size_t i = 0; i < frames.size(); i++) {
    for (const RegValue& reg : frames[i].saved) collect(reg);
    for (const StackCell& cell : stack(i).cells()) collect(cell.value);
  }
  std::sort(used.begin(), used.end());
  auto is_used = [&used](uint32_t id) { return std::binary_search(used.begin(), used.end(), id); };
  // Facts about several numbers may need those about numbers that no value has any more.
  if (linear.empty()) {
    std::erase_if(differences, [&](const Difference& fact) { return !is_used(fact.a) || !is_used(fact.b); });
    return;
  }
  std::erase_if(differences, [&](const Difference& fact) {
    if (is_used(fact.a) && is_used(fact.b)) return false;
    linear.learn(Sum().add(fact.a, 1).add(fact.b, -1), INT64_MIN, fact.most);
    return true;
  });
  linear.eliminate_unused(*this, used);
  linear.drop_unconnected(used);
}

}  // namespace perdita::verifier
