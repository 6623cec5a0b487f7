// SPDX-License-Identifier: Apache-2.0
#include "verifier/loop_summary.h"

#include <algorithm>
#include <numeric>

#include "verifier/domain/widen.h"
#include "verifier/loop_returns.h"
#include "verifier/widen.h"

namespace perdita::verifier {
namespace {

void set_base(RegValue& value, const Scalar64& base) {
  value.value = value.is_scalar() ? moved_by(base, value.fixed) : base;
}

}  // namespace

LoopSummary::LoopSummary(Analysis& analysis, State entry, uint64_t most, std::span<const int64_t> thresholds)
    : analysis_(analysis), entry_(std::move(entry)), most_(most), thresholds_(thresholds.begin(), thresholds.end()) {
  entry_.cost = {};
  std::vector<std::pair<ValuePlace, RegValue>> named;
  for_each_value(entry_, [&](const ValuePlace& place, const RegValue& value) {
    if (RegValue with_name = with_identity(value); with_name != value) named.emplace_back(place, with_name);
  });
  for (const auto& [place, value] : named) set_value_at(entry_, place, value);
  base_ = entry_;
  first_id_inside_ = analysis_.next_id;
}

// So that it is seen how far a value goes in an iteration.
RegValue LoopSummary::with_identity(RegValue value) {
  if (value.is_scalar()) {
    analysis_.name(value);
  } else if (value.has_offset() && value.kind != RegKind::packet && value.offset_id == kNoId &&
             !value.value.is_constant()) {
    value.offset_id = analysis_.fresh_id();
  }
  return value;
}

// ---- counters ----

LoopSummary::Group& LoopSummary::group_of(const RegValue& entry, int64_t step) {
  const Origin from = origin_of(entry);
  for (Group& group : groups_) {
    if (group.from == from.id && group.step == step) return group;
  }
  Scalar64 base = from.id == kZeroId ? Scalar64::constant(0) : base_of(entry);
  groups_.push_back({from.id, step, analysis_.fresh_id(), base});
  return groups_.back();
}

const LoopSummary::Group* LoopSummary::group_with(uint32_t id) const {
  auto found = std::find_if(groups_.begin(), groups_.end(), [id](const Group& group) { return group.id == id; });
  return found == groups_.end() ? nullptr : &*found;
}

// How often a pointer can make the step before it is too far from its object.
uint64_t LoopSummary::reach(const RegValue& entry, int64_t step) const {
  if (entry.is_scalar()) return UINT64_MAX;
  Scalar64 offset = whole_offset(entry);
  int64_t room = step > 0 ? kOffsetLimit - 1 - offset.wide.s.max : kOffsetLimit - 1 + offset.wide.s.min;
  return room <= 0 ? 0 : static_cast<uint64_t>(room / (step > 0 ? step : -step));
}

// Whether what is tame where the loop is entered, and a counter, is exact still after most_ steps.
bool LoopSummary::goes_little(int64_t step) const {
  return most_ < static_cast<uint64_t>(kTame) / static_cast<uint64_t>(step > 0 ? step : -step);
}

// x0 + step * k for all k up to most_. What the step is a multiple of stays known.
RegValue LoopSummary::counted(const RegValue& entry, const Counter& counter) {
  const int64_t step = counter.step;
  const Group& group = group_of(entry, step);
  Scalar64 times = domain::unsigned_scalar<64, 32>(0, most_);
  Scalar64 gone = domain::apply_wide(domain::Operation::mul, times, Scalar64::constant(static_cast<uint64_t>(step)));
  RegValue value = entry;
  value.raised_id = kNoId;
  value.fixed = origin_of(entry).fixed;
  (value.is_scalar() || value.kind == RegKind::packet ? value.id : value.offset_id) = group.id;
  set_base(value, domain::apply_wide(domain::Operation::add, group.base, gone));
  // Both hold the value at the entry, so they meet.
  if (value.is_scalar()) domain::meet(value.value, counter.range);
  return value;
}

// A place is a counter where all that came back differs from its value at the entry by the same constant.
bool LoopSummary::find_counters(const States& back) {
  bool found = false;
  for_each_value(entry_, [&](const ValuePlace& place, const RegValue& value) {
    if (counters_.contains(place) || not_counters_.contains(place)) return;
    if (!value.is_scalar() && !value.has_offset()) return;
    std::optional<RegValue> now = value_at(head_, place);
    if (!now || *now != value) return;  // it was widened already
    const Origin from = origin_of(value);
    if (from.id == kNoId) return;
    std::optional<int64_t> step;
    for (const State& state : back) {
      std::optional<RegValue> after = value_at(state, place);
      if (!after || !comparable(value, *after)) return;
      const Origin to = origin_of(*after);
      if (to.id != from.id) return;
      int64_t moved = wrapped_difference(to.fixed, from.fixed);
      if (moved > kMostShift || moved < -kMostShift || (step && *step != moved)) return;
      step = moved;
    }
    if (!step || *step == 0) return;
    counters_[place] = {*step, value.value, 0};
    most_ = std::min(most_, reach(value, *step));
    found = true;
  });
  return found;
}

// ---- the guess ----

const State& LoopSummary::head() {
  State head = base_;
  head.cost = {};
  analysis_.loop_numbers.clear();
  analysis_.compared.clear();
  analysis_.one_bit_less.clear();
  for (const auto& [place, counter] : counters_) {
    set_value_at(head, place, counted(*value_at(entry_, place), counter));
  }
  std::vector<std::pair<ValuePlace, RegValue>> named;
  for_each_value(base_, [&](const ValuePlace& place, const RegValue& value) {
    if (counters_.contains(place) || (!value.is_scalar() && !value.has_offset())) return;
    const RegValue with_name = with_identity(value);
    if (number_id(with_name) != kNoId) analysis_.loop_numbers.push_back(number_id(with_name));
    if (with_name != value) named.emplace_back(place, with_name);
  });
  for (const auto& [place, value] : named) set_value_at(head, place, value);
  for (const Group& group : groups_) analysis_.loop_numbers.push_back(group.id);
  for (const Fact& fact : facts_) {
    uint32_t group = groups_[fact.group].id;
    head.learn(fact.group_first ? group : fact.other, fact.group_first ? fact.other : group, fact.most);
  }
  if (analysis_.linear) {
    if (forgetting_ || narrowing_) forget_former_iterations(head);
    learn_steps(head);
  }
  head.drop_unused_differences(analysis_.numbers_around);
  head.lasting_ids = analysis_.next_id;
  head_ = std::move(head);
  return head_;
}

// The state that came back, its counters being as the guess says they are: exactly one step further. Nothing where one
// is not; then it is no counter.
std::optional<State> LoopSummary::rewound(const State& back) {
  State state = back;
  std::vector<ValuePlace> wrong;
  for (const auto& [place, counter] : counters_) {
    const int64_t step = counter.step;
    const RegValue before = *value_at(head_, place);
    std::optional<RegValue> after = value_at(back, place);
    if (after && after->is_poison()) continue;  // an error was found: this guess is not going to be the last
    bool right = after && comparable(before, *after) && number_id(*after) == number_id(before) &&
                 after->fixed == wrapped_sum(before.fixed, step);
    if (!right) {
      wrong.push_back(place);
      continue;
    }
    // By counting: not beyond `most`.
    after->value = after->is_scalar() ? before.value : moved_by(before.value, -step);
    set_value_at(state, place, *after);
  }
  if (wrong.empty()) return state;
  for (const ValuePlace& place : wrong) {
    counters_.erase(place);
    not_counters_.insert(place);
  }
  return std::nullopt;
}

// A counter that is a number stays in a range; where the one it was thought to stay in is left, a larger one is tried,
// then none, which shows what the loop's own questions leave of it: that is the last one tried.
bool LoopSummary::widen_ranges(const States& back) {
  enum : unsigned { kJoined = 1, kWidened, kNone, kLeft, kGivenUp };
  bool changed = false;
  for (auto& [place, counter] : counters_) {
    if (counter.range == Scalar64::unknown() && counter.tries != kNone) continue;
    std::optional<RegValue> entry = value_at(entry_, place);
    if (!entry || !entry->is_scalar()) continue;
    Scalar64 joined = counter.tries == kNone ? entry->value : counter.range;
    for (const State& state : back) {
      std::optional<RegValue> after = value_at(state, place);
      joined = after && after->is_scalar() ? domain::join(joined, after->value) : joined;
    }
    if (counter.tries != kNone && domain::covers(counter.range, joined)) continue;
    counter.tries++;
    counter.range = counter.tries == kJoined || counter.tries == kLeft ? joined
                    : counter.tries == kWidened
                        ? domain::widen(counter.range, joined, std::span<const int64_t>(thresholds_))
                        : Scalar64::unknown();
    changed = true;
  }
  return changed;
}

bool LoopSummary::came_back(const States& back) {
  note_likely_returns();
  States states;
  for (const State& state : back) {
    if (std::optional<State> before = rewound(state)) states.add(*std::move(before));
  }
  rounds_++;
  bool afresh = states.size() != back.size();
  afresh = find_counters(back) || afresh;
  afresh = drop_wrong_facts(back) || afresh;
  afresh = widen_ranges(back) || afresh;
  if (afresh) {
    base_ = entry_;
    joins_ = 0;
    return false;
  }
  State outer = head_;
  outer.lasting_ids = entry_.lasting_ids;
  auto covers_all = [&states](const State& guess) {
    return std::all_of(states.begin(), states.end(), [&guess](const State& state) { return covers(guess, state); });
  };
  if (covers_all(outer)) {
    // Whether it does so without other numbers for the names that there were before the loop; if not, others are given
    // once where they are of use.
    outer.lasting_ids = first_id_inside_;
    names_last_ = covers_all(outer);
    if (names_last_ || renamed_ || narrowing_ || !analysis_.linear) return true;
    renamed_ = true;
    for (const State& state : states) base_ = join(base_, state, analysis_.next_id);
    base_.cost = {};
    return false;
  }
  if (narrowing_) return false;
  if (analysis_.linear && !forgetting_) {
    forget_former_iterations(outer);
    forgetting_ = covers_all(outer);
    if (forgetting_) return false;  // nothing else is wrong: from there once more
  }
  joins_++;
  for (const State& state : states) {
    if (joins_ <= kJoins) {
      base_ = join(base_, state, analysis_.next_id);
    } else {
      base_ = widen(base_, state, analysis_.next_id, thresholds_, joins_ > kAtOnce);
    }
  }
  base_.cost = {};
  // All of these are gone now, those of numbers that the loop leaves alone, too: which were true, and still are.
  if (joins_ == kAtOnce + 1) {
    for (const Linear& fact : entry_.linear.facts()) base_.linear.learn(fact.sum(), fact.least, fact.most);
  }
  return false;
}

bool LoopSummary::try_narrower(const States& back) {
  if (narrowed_) return false;
  narrowed_ = narrowing_ = true;
  wider_ = base_;
  base_ = entry_;
  for (const State& state : back) {
    std::optional<State> before = rewound(state);
    if (!before) return false;
    base_ = join(base_, *before, analysis_.next_id);
  }
  base_.cost = {};
  return true;
}

void LoopSummary::take_back() {
  base_ = wider_;
  narrowing_ = false;
}

// ---- facts ----

std::optional<Scalar64> LoopSummary::entry_number(uint32_t id) const {
  if (id == kPacketSizeId) return entry_.packet_size;
  std::optional<Scalar64> number;
  for_each_value(entry_, [&](const ValuePlace&, const RegValue& value) {
    if (!number && number_id(value) == id) number = base_of(value);
  });
  return number;
}

void LoopSummary::add_fact(Fact fact) {
  const Group& group = groups_[fact.group];
  std::optional<Scalar64> other = entry_number(fact.other);
  if (!other || !is_tame(group.base) || !goes_little(group.step)) return;
  int64_t most = fact.group_first ? most_difference(entry_, group.from, fact.other)
                                  : most_difference(entry_, fact.other, group.from);
  if (is_tame(*other)) {
    most = std::min(
        most, fact.group_first ? group.base.wide.s.max - other->wide.s.min : other->wide.s.max - group.base.wide.s.min);
  }
  if (most >= kTame || most <= -kTame) return;
  fact.most = most;
  facts_.push_back(fact);
}

bool LoopSummary::add_facts() {
  const size_t before = facts_.size();
  auto add = [this](const RegValue& counter, const RegValue& other) {
    const Group* group = group_with(number_id(counter));
    uint32_t id = other.kind == RegKind::packet_end ? kPacketSizeId : number_id(other);
    if (group == nullptr || id == kNoId || group_with(id) != nullptr) return;
    if (!tried_facts_.emplace(group->id, id).second) return;
    auto index = static_cast<size_t>(group - groups_.data());
    add_fact({index, id, true, 0});
    add_fact({index, id, false, 0});
  };
  for (const auto& [a, b] : analysis_.compared) {
    add(a, b);
    add(b, a);
  }
  if (facts_.size() == before) return false;
  base_ = entry_;
  joins_ = 0;
  return true;
}

bool LoopSummary::is_poisoned() const {
  bool poisoned = false;
  for_each_value(head_, [&](const ValuePlace&, const RegValue& value) { poisoned = poisoned || value.is_poison(); });
  return poisoned;
}

bool LoopSummary::drop_wrong_facts(const States& back) {
  return std::erase_if(facts_, [&](const Fact& fact) {
           const Group& group = groups_[fact.group];
           return std::any_of(back.begin(), back.end(), [&](const State& state) {
             // V(group) has gone on by the step.
             int64_t most = fact.group_first ? most_difference(state, group.id, fact.other)
                                             : most_difference(state, fact.other, group.id);
             return most >= kNoDifference || most + (fact.group_first ? group.step : -group.step) > fact.most;
           });
         }) > 0;
}

// ---- how often ----

std::map<ValuePlace, int64_t> LoopSummary::exact_steps() const {
  std::map<ValuePlace, int64_t> steps;
  for (const auto& [place, counter] : counters_) steps[place] = goes_little(counter.step) ? counter.step : 0;
  return steps;
}

uint64_t LoopSummary::returns(const States& back) const {
  return most_returns({analysis_, entry_, head_, exact_steps(), entry_.lasting_ids}, back);
}

LoopTotal LoopSummary::costs(const States& back, uint64_t returns) const {
  const uint32_t lasting_ids = names_last_ ? first_id_inside_ : entry_.lasting_ids;
  return total_of({analysis_, entry_, head_, exact_steps(), lasting_ids}, back, returns);
}

// ---- with facts about several numbers (linear.h) ----

int64_t LoopSummary::most_difference(const State& state, uint32_t a, uint32_t b) const {
  const int64_t fact = state.most_difference(a, b);
  if (!analysis_.linear || a == kNoId || b == kNoId) return fact;
  std::optional<domain::Int128> most = most_of(state, Sum().add(a, 1).add(b, -1));
  return most && *most < fact && *most > -kNoDifference ? static_cast<int64_t>(*most) : fact;
}

// Two counters have made as many steps as each other. Exact, as both stay tame. What was known of the numbers that they
// count from goes on being true: these keep their names.
void LoopSummary::learn_steps(State& head) const {
  for (const Linear& fact : entry_.linear.facts()) {
    const bool is_of_counters =
        std::any_of(groups_.begin(), groups_.end(), [&fact](const Group& group) { return fact.has(group.from); });
    if (is_of_counters) head.linear.learn(fact.sum(), fact.least, fact.most);
  }
  auto counts = [this](const Group& group) { return is_tame(group.base) && goes_little(group.step); };
  for (size_t i = 0; i < groups_.size(); i++) {
    const Group& a = groups_[i];
    if (!counts(a)) continue;
    head.linear.learn(Sum().add(a.from, 1), a.base.wide.s.min, a.base.wide.s.max);
    for (size_t k = i + 1; k < groups_.size(); k++) {
      const Group& b = groups_[k];
      if (!counts(b)) continue;
      const int64_t divisor = std::gcd(a.step, b.step);
      if (a.step > kMostShift || a.step < -kMostShift || b.step > kMostShift || b.step < -kMostShift) continue;
      const int64_t times_a = b.step / divisor, times_b = a.step / divisor;
      if (std::max({times_a, -times_a, times_b, -times_b}) > Sum::kMostFactor) continue;
      head.linear.learn(Sum().add(a.id, times_a).add(a.from, -times_a).add(b.id, -times_b).add(b.from, times_b), 0, 0);
    }
  }
}

// Joins relate what a number is to what it was before, by a name that no value has any more. Few such facts outlast the
// next iteration, and each join makes others, so that a guess with them may never hold.
void LoopSummary::forget_former_iterations(State& head) const {
  std::vector<uint32_t> former;
  auto note = [&](const Term& term) {
    if (term.id >= first_id_inside_) former.push_back(term.id);
  };
  for (const std::vector<Linear>* facts : {&head.linear.facts(), &head.linear.ranges()}) {
    for (const Linear& fact : *facts) std::for_each(fact.terms.begin(), fact.terms.end(), note);
  }
  for (const Sum& sum : head.linear.modular()) std::for_each(sum.terms().begin(), sum.terms().end(), note);
  for_each_value(head, [&](const ValuePlace&, const RegValue& value) { std::erase(former, number_id(value)); });
  for (uint32_t id : former) head.linear.forget(id);
}

void LoopSummary::note_likely_returns() {
  auto consider = [&](const RegValue& counter, const RegValue& other) {
    const Group* group = group_with(number_id(counter));
    const Origin to = origin_of(other);
    if (group == nullptr || group->from != to.id) return;
    int64_t way = wrapped_difference(to.fixed, counter.fixed);
    if (way < -kTame || way > kTame) return;  // farther than a loop goes
    if (way / group->step > 0) likely_returns_.insert(static_cast<uint64_t>(way / group->step));
  };
  for (const auto& [a, b] : analysis_.compared) {
    consider(a, b);
    consider(b, a);
  }
}

}  // namespace perdita::verifier
