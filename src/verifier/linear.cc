// SPDX-License-Identifier: Apache-2.0
#include "verifier/linear.h"

#include <algorithm>
#include <numeric>

#include "verifier/state.h"
#include "verifier/values_of.h"

namespace perdita::verifier {
namespace {

using domain::Int128;

constexpr unsigned kMostDistance = 4;  // of a fact from numbers that values have, in facts between
constexpr unsigned kDepth = 4;         // facts that are added up at most
// Beyond whatever constants and common divisors of sums (Sum) make of it.
constexpr Int128 kFar = Int128{1} << 124;

Int128 ceiling_divided(Int128 number, Int128 by) { return -floor_divided(-number, by); }

// What is known of V(id): from values that have it, from the packet's size, from a fact about it alone.
class Ranges {
 public:
  explicit Ranges(const State& state) {
    auto note = [this](uint32_t id, const Scalar64& base) { meet(id, base.wide.s.min, base.wide.s.max); };
    note(kPacketSizeId, state.packet_size);
    for_each_value(state, [&](const ValuePlace&, const RegValue& value) {
      if (uint32_t id = number_id(value); id != kNoId) note(id, base_of(value));
    });
    for (const Linear& fact : state.linear.ranges()) meet(fact.terms[0].id, fact.least, fact.most);
  }

  std::optional<Int128> most(const Sum& sum) const {
    Int128 all = sum.constant();
    for (const Term& term : sum.terms()) {
      const Range* range = find(term.id);
      if (range == nullptr) return std::nullopt;
      int64_t end = term.factor > 0 ? range->most : range->least;
      if (end == INT64_MIN || end == INT64_MAX) return std::nullopt;
      all += Int128{term.factor} * end;
    }
    return all;
  }

 private:
  struct Range {
    uint32_t id;
    int64_t least, most;
  };

  void meet(uint32_t id, int64_t least, int64_t most) {
    auto at = std::lower_bound(ranges_.begin(), ranges_.end(), id,
                               [](const Range& range, uint32_t wanted) { return range.id < wanted; });
    if (at == ranges_.end() || at->id != id) {
      ranges_.insert(at, {id, least, most});
    } else {
      at->least = std::max(at->least, least);
      at->most = std::min(at->most, most);
    }
  }
  const Range* find(uint32_t id) const {
    auto at = std::lower_bound(ranges_.begin(), ranges_.end(), id,
                               [](const Range& range, uint32_t wanted) { return range.id < wanted; });
    return at != ranges_.end() && at->id == id ? &*at : nullptr;
  }

  std::vector<Range> ranges_;
};

// The elimination of Fourier and Motzkin, guided by the question: a fact that shares a number with the sum is added as
// often as makes the number vanish. Sound: sum = (sum - n * fact) + n * fact, and n * fact is at most n times the end
// that is known of it. Each step multiplies by positive numbers only, which are divided out again in the end, towards
// the next smaller integer.
class Search {
 public:
  Search(const State& state, unsigned effort, std::optional<Int128> enough)
      : effort_(effort), enough_(enough), ranges_(state) {
    facts_.reserve(state.linear.facts().size() + state.differences.size());
    for (const Linear& fact : state.linear.facts()) facts_.push_back({fact.sum(), fact.least, fact.most});
    for (const Difference& fact : state.differences)
      facts_.push_back({Sum().add(fact.a, 1).add(fact.b, -1), INT64_MIN, fact.most});
  }

  std::optional<Int128> most(const Sum& sum) {
    // The shallow first: most answers are near.
    for (unsigned depth : {0u, 1u, 2u, kDepth}) {
      if (done()) break;
      if (depth == 1) note_uses();
      look(sum, 1, depth);
    }
    return best_;
  }

 private:
  struct Known {
    Sum sum;
    int64_t least, most;
  };
  // A number in a fact, `defined`: computed last of those in it.
  struct Use {
    uint32_t id;
    bool defined;
    const Known* fact;
    Term term;
  };

  bool done() const { return attempts_ >= effort_ || (best_ && enough_ && *best_ <= *enough_); }

  void note_uses() {
    for (const Known& fact : facts_) {
      for (const Term& term : fact.sum.terms())
        uses_.push_back({term.id, term.id == fact.sum.terms().back().id, &fact, term});
    }
    std::stable_sort(uses_.begin(), uses_.end(),
                     [](const Use& a, const Use& b) { return a.id != b.id ? a.id < b.id : a.defined && !b.defined; });
  }

  // `sum` is `multiple` times what is asked for, or more.
  void look(const Sum& sum, Int128 multiple, unsigned depth) {
    attempts_++;
    if (std::optional<Int128> most = ranges_.most(sum)) {
      Int128 bound = floor_divided(*most, multiple);
      if (!best_ || bound < *best_) best_ = bound;
    }
    if (depth == 0 || multiple > Sum::kMostFactor) return;
    // What was computed last first, by what it was computed from: most answers are where that ends.
    for (const bool defined : {true, false}) {
      for (size_t i = sum.terms().size(); i-- > 0;) {
        auto use = std::lower_bound(uses_.begin(), uses_.end(), sum.terms()[i].id,
                                    [](const Use& known, uint32_t wanted) { return known.id < wanted; });
        for (; use != uses_.end() && use->id == sum.terms()[i].id; ++use) {
          if (done()) return;
          if (use->defined == defined) cancel(sum, multiple, depth, *use->fact, use->term);
        }
      }
    }
  }

  void cancel(const Sum& sum, Int128 multiple, unsigned depth, const Known& fact, const Term& term) {
    const int64_t has = sum.factor_of(term.id);
    const int64_t divisor = std::gcd(has, term.factor);
    const int64_t times = (term.factor > 0 ? term.factor : -term.factor) / divisor;
    const int64_t fact_times = term.factor > 0 ? has / divisor : -has / divisor;
    const int64_t end = fact_times > 0 ? fact.most : fact.least;
    if (end == INT64_MIN || end == INT64_MAX) return;
    Sum rest = sum.combined(times, fact.sum, -fact_times);
    if (!rest.usable() || rest.terms().size() > std::max<size_t>(sum.terms().size(), 3) + 1) return;
    rest.add_constant(Int128{fact_times} * end);
    look(rest, multiple * times, depth - 1);
  }

  const unsigned effort_;
  const std::optional<Int128> enough_;
  const Ranges ranges_;
  std::vector<Known> facts_;
  std::vector<Use> uses_;  // by number
  std::optional<Int128> best_;
  unsigned attempts_ = 0;
};

}  // namespace

// Names are new where states were joined.
static bool same_but_names(const Linear& a, const Linear& b) {
  if (a.least != b.least || a.most != b.most) return false;
  for (size_t i = 0; i < a.terms.size(); i++) {
    if (a.terms[i].factor != b.terms[i].factor) return false;
  }
  return true;
}

// ---- sums ----

Sum& Sum::add(uint32_t id, int64_t factor) {
  if (id == kZeroId || factor == 0) return *this;
  if (id == kNoId) usable_ = false;
  if (!usable_) return *this;
  Term* const end = terms_.data() + count_;
  Term* at =
      std::lower_bound(terms_.data(), end, id, [](const Term& term, uint32_t wanted) { return term.id < wanted; });
  if (at != end && at->id == id) {
    at->factor += factor;
    usable_ = at->factor <= kMostFactor && at->factor >= -kMostFactor;
    if (at->factor == 0) {
      std::move(at + 1, end, at);
      terms_[--count_] = {};
    }
    return *this;
  }
  usable_ = count_ < kMostTerms && factor <= kMostFactor && factor >= -kMostFactor;
  if (!usable_) return *this;
  std::move_backward(at, end, end + 1);
  *at = {id, factor};
  count_++;
  return *this;
}

Sum& Sum::add(const RegValue& value, int64_t factor) {
  const Origin origin = origin_of(value);
  const bool exact = value.is_scalar() ? is_tame(value.value) && is_tame(base_of(value)) : value.has_offset();
  if (origin.id == kNoId || !exact || origin.fixed >= kTame || origin.fixed <= -kTame) {
    usable_ = false;
    return *this;
  }
  return add(origin.id, factor).add_constant(Int128{origin.fixed} * factor);
}

Sum& Sum::add_constant(Int128 constant) {
  constexpr Int128 kMost = Int128{1} << 100;
  constant_ += constant;
  usable_ = usable_ && constant_ < kMost && constant_ > -kMost;
  return *this;
}

int64_t Sum::factor_of(uint32_t id) const {
  for (const Term& term : terms()) {
    if (term.id == id) return term.factor;
  }
  return 0;
}

Sum Sum::combined(int64_t times, const Sum& other, int64_t other_times) const {
  Sum all;
  auto add_all = [&all](const Sum& sum, int64_t by) {
    all.usable_ = all.usable_ && sum.usable_ && by <= kMostFactor && by >= -kMostFactor;
    if (!all.usable_) return;
    for (const Term& term : sum.terms()) all.add(term.id, term.factor * by);
    all.add_constant(sum.constant_ * by);
  };
  add_all(*this, times);
  add_all(other, other_times);
  return all;
}

// ---- facts ----

bool Linear::has(uint32_t id) const {
  return std::any_of(terms.begin(), terms.end(), [id](const Term& term) { return term.factor != 0 && term.id == id; });
}

Sum Linear::sum() const {
  Sum all;
  for (const Term& term : terms) all.add(term.id, term.factor);
  return all;
}

void LinearFacts::learn(const Sum& sum, Int128 least, Int128 most) {
  if (!sum.usable() || sum.terms().empty() || sum.terms().size() > Linear::kMostTerms) return;
  Linear fact;
  int64_t divisor = 0;
  for (const Term& term : sum.terms()) divisor = std::gcd(divisor, term.factor);
  if (sum.terms()[0].factor < 0) divisor = -divisor;
  for (size_t i = 0; i < sum.terms().size(); i++) fact.terms[i] = {sum.terms()[i].id, sum.terms()[i].factor / divisor};
  // An end that is not known stays so, however large the constant is that moves it.
  if (least == INT64_MIN) least = -kFar;
  if (most == INT64_MAX) most = kFar;
  least -= sum.constant();
  most -= sum.constant();
  if (divisor < 0) std::swap(least, most);
  least = ceiling_divided(least, divisor);
  most = floor_divided(most, divisor);
  if (least > -Int128{kTame} * 4) fact.least = least < Int128{kTame} * 4 ? static_cast<int64_t>(least) : 4 * kTame;
  if (most < Int128{kTame} * 4) fact.most = most > -Int128{kTame} * 4 ? static_cast<int64_t>(most) : -4 * kTame;
  if (fact.least == INT64_MIN && fact.most == INT64_MAX) return;
  const bool alone = fact.terms[1].factor == 0;
  std::vector<Linear>& facts = alone ? ranges_ : facts_;
  for (Linear& known : facts) {
    if (known.terms != fact.terms) continue;
    known.least = std::max(known.least, fact.least);
    known.most = std::min(known.most, fact.most);
    return;
  }
  if (facts.size() == (alone ? kMostRanges : kMostFacts)) facts.erase(facts.begin());
  facts.push_back(fact);
}

void LinearFacts::learn_modular(const Sum& sum) {
  if (!sum.usable() || sum.terms().size() > Linear::kMostTerms) return;
  if (modular_.size() == kMostModular) modular_.erase(modular_.begin());
  modular_.push_back(sum);
}

bool LinearFacts::knows(const Condition& condition) const {
  return std::find(conditions_.begin(), conditions_.end(), condition) != conditions_.end();
}

void LinearFacts::learn_condition(const Condition& condition) {
  if (knows(condition)) return;
  if (conditions_.size() == kMostConditions) conditions_.erase(conditions_.begin());
  conditions_.push_back(condition);
}

void LinearFacts::narrow(uint32_t id, const Scalar64& number) {
  const bool is_about =
      std::any_of(facts_.begin(), facts_.end(), [id](const Linear& fact) { return fact.has(id); }) ||
      std::any_of(modular_.begin(), modular_.end(), [id](const Sum& sum) { return sum.factor_of(id) != 0; });
  // For the time when no value has the number any more.
  if (is_about) learn(Sum().add(id, 1), number.wide.s.min, number.wide.s.max);
}

void LinearFacts::forget(uint32_t id) {
  for (std::vector<Linear>* facts : {&facts_, &ranges_})
    std::erase_if(*facts, [id](const Linear& fact) { return fact.has(id); });
  std::erase_if(modular_, [id](const Sum& sum) { return sum.factor_of(id) != 0; });
  std::erase_if(conditions_, [id](const Condition& condition) { return condition.a == id || condition.b == id; });
}

// Sound: what equals something may stand for it. Nothing is changed, and the answer is false, where a fact would get
// too many terms.
bool LinearFacts::eliminate(const State& state, const Linear& definition, const Term& term) {
  const Sum is = definition.sum();
  auto without = [&](const Sum& sum) {
    const int64_t times = sum.factor_of(term.id) * term.factor;  // the factor is 1 or -1
    return sum.combined(1, is, -times).add_constant(Int128{times} * definition.least);
  };
  std::vector<std::pair<Sum, const Linear*>> told;
  for (const std::vector<Linear>* facts : {&facts_, &ranges_}) {
    for (const Linear& fact : *facts) {
      if (!fact.has(term.id) || fact == definition) continue;
      const Sum sum = without(fact.sum());
      if (!sum.usable() || sum.terms().size() > Linear::kMostTerms) return false;
      told.emplace_back(sum, &fact);
    }
  }
  std::vector<Sum> multiples;
  for (const Sum& known : modular_) {
    if (known.factor_of(term.id) == 0) continue;
    multiples.push_back(without(known));
    if (!multiples.back().usable() || multiples.back().terms().size() > Linear::kMostTerms) return false;
  }
  LinearFacts left;
  for (const auto& [sum, fact] : told) {
    // What the ranges of single numbers say needs no fact.
    const std::optional<Int128> least = least_of(state, sum, 1), most = most_of(state, sum, 1);
    if (least && most && *least >= fact->least && *most <= fact->most) continue;
    left.learn(sum, fact->least, fact->most);
  }
  forget(term.id);
  for (const Linear& fact : left.facts_) learn(fact.sum(), fact.least, fact.most);
  for (const Linear& fact : left.ranges_) learn(fact.sum(), fact.least, fact.most);
  for (const Sum& sum : multiples) learn_modular(sum);
  return true;
}

void LinearFacts::eliminate_unused(const State& state, std::span<const uint32_t> used) {
  std::vector<uint32_t> kept;
  auto wanted = [&](const Term& term) {
    return (term.factor == 1 || term.factor == -1) && term.id >= state.lasting_ids &&
           !std::binary_search(used.begin(), used.end(), term.id) &&
           std::find(kept.begin(), kept.end(), term.id) == kept.end();
  };
  for (size_t i = 0; i < facts_.size();) {
    const Linear fact = facts_[i];
    const Term* newest = nullptr;
    for (const Term& term : fact.terms) {
      if (fact.least == fact.most && wanted(term)) newest = &term;
    }
    if (newest == nullptr) {
      i++;
    } else if (eliminate(state, fact, *newest)) {
      i = 0;
    } else {
      kept.push_back(newest->id);
    }
  }
}

void LinearFacts::drop_unconnected(std::span<const uint32_t> used) {
  // A question about what is gone is not asked again.
  auto is_used = [&used](uint32_t id) { return std::binary_search(used.begin(), used.end(), id); };
  std::erase_if(conditions_, [&](const Condition& known) { return !is_used(known.a) || !is_used(known.b); });
  // Not too far: the more facts, the longer takes every question.
  std::vector<uint32_t> near(used.begin(), used.end());
  auto is_near = [&near](const Linear& fact) {
    return std::any_of(fact.terms.begin(), fact.terms.end(), [&](const Term& term) {
      return term.factor != 0 && std::find(near.begin(), near.end(), term.id) != near.end();
    });
  };
  auto with_numbers_of = [&](bool (*wanted)(const Linear&, const std::vector<uint32_t>&)) {
    std::vector<uint32_t> found = near;
    for (const Linear& fact : facts_) {
      if (!wanted(fact, near)) continue;
      for (const Term& term : fact.terms) {
        if (term.factor != 0) found.push_back(term.id);
      }
    }
    for (const Sum& sum : modular_) {
      for (const Term& term : sum.terms()) found.push_back(term.id);
    }
    near = std::move(found);
  };
  for (unsigned distance = 0; distance < kMostDistance; distance++) {
    with_numbers_of([](const Linear& fact, const std::vector<uint32_t>& ids) {
      return std::any_of(ids.begin(), ids.end(), [&fact](uint32_t id) { return fact.has(id); });
    });
  }
  std::erase_if(facts_, [&](const Linear& fact) { return !is_near(fact); });
  with_numbers_of([](const Linear&, const std::vector<uint32_t>&) { return true; });
  std::erase_if(ranges_, [&](const Linear& fact) { return !is_near(fact); });
}

void LinearFacts::erase_changed(const LinearFacts& known) {
  auto erase = [](std::vector<Linear>& facts, const std::vector<Linear>& among) {
    std::erase_if(facts, [&among](const Linear& fact) {
      return std::none_of(among.begin(), among.end(),
                          [&fact](const Linear& other) { return same_but_names(other, fact); });
    });
  };
  erase(facts_, known.facts_);
  erase(ranges_, known.ranges_);
}

void LinearFacts::resolve(const State& state) {
  std::vector<Sum> resolved;
  std::erase_if(modular_, [&](const Sum& sum) {
    std::optional<Int128> most = most_of(state, sum), least = least_of(state, sum);
    if (!most || !least) return false;
    const Int128 multiple = floor_divided(*most, kModulus);
    if (ceiling_divided(*least, kModulus) != multiple) return false;
    Sum exact = sum;
    exact.add_constant(-multiple * kModulus);
    resolved.push_back(exact);
    return true;
  });
  for (const Sum& sum : resolved) learn(sum, 0, 0);
}

std::optional<Int128> most_of(const State& state, const Sum& sum, unsigned effort, std::optional<Int128> enough) {
  if (!sum.usable()) return std::nullopt;
  return Search(state, effort, enough).most(sum);
}

std::optional<Int128> least_of(const State& state, const Sum& sum, unsigned effort, std::optional<Int128> enough) {
  if (!sum.usable()) return std::nullopt;
  std::optional<Int128> most =
      Search(state, effort, enough ? std::optional(-*enough) : std::nullopt).most(sum.negated());
  return most ? std::optional(-*most) : std::nullopt;
}

bool is_modular(const State& state, const Sum& sum) {
  for (const Sum& known : state.linear.modular()) {
    const Sum rest = sum.combined(1, known, -1);
    if (rest.usable() && rest.terms().empty() && rest.constant() % kModulus == 0) return true;
  }
  std::optional<Int128> most = most_of(state, sum), least = least_of(state, sum);
  return most && most == least && *most % kModulus == 0;
}

}  // namespace perdita::verifier
