// SPDX-License-Identifier: Apache-2.0
#include "verifier/loop_costs.h"

#include <algorithm>

#include "verifier/record.h"

namespace perdita::verifier {
namespace {

using domain::Int128;

constexpr size_t kFigures = 1 + kMaxEngines;
constexpr uint64_t kMostFigure = uint64_t{1} << 62;  // beyond that nothing is to be gained
constexpr unsigned kPatient = 1000;                  // sums that are looked at for a question: there are few of these

uint64_t& figure(Cost& cost, size_t i) { return i == 0 ? cost.instructions : cost.machine[i - 1]; }
uint64_t figure(const Cost& cost, size_t i) { return i == 0 ? cost.instructions : cost.machine[i - 1]; }

// A number that never goes back, and how far it goes in all iterations together.
struct Measure {
  Moves moves;
  bool up;
  uint64_t most;

  const std::vector<int64_t>& least() const { return up ? moves.least_up : moves.least_down; }
};

std::optional<Measure> measure(const LoopIteration& loop, const Moves& moves, bool up, const ValuePlace& place,
                               const States& back) {
  Measure found{moves, up, 0};
  const std::vector<int64_t>& least = found.least();
  if (std::any_of(least.begin(), least.end(), [](int64_t step) { return step < 0; })) return std::nullopt;
  int64_t farthest = up ? moves.highest : moves.lowest;
  if (loop.analysis.linear) {
    // What facts about several numbers say of it, which may be more than its range does.
    int64_t by_facts = up ? INT64_MIN : INT64_MAX;
    for (const State& state : back) {
      const Scalar64 known = sharpened(state, *value_at(state, place));
      by_facts = up ? std::max(by_facts, known.wide.s.max) : std::min(by_facts, known.wide.s.min);
    }
    farthest = up ? std::min(farthest, by_facts) : std::max(farthest, by_facts);
  }
  // Both within 2^60.
  const int64_t most = up ? farthest - moves.start.wide.s.min : moves.start.wide.s.max - farthest;
  found.most = static_cast<uint64_t>(std::max<int64_t>(0, most));
  return found;
}

// Names of values at the head that may be of other numbers than where the loop was entered. A guess is renamed where
// that shows that it holds (covers()), but for names that last, and those that no value has.
std::vector<uint32_t> renamed_at_head(const LoopIteration& loop) {
  std::vector<uint32_t> renamed;
  for_each_value(loop.head, [&](const ValuePlace&, const RegValue& value) {
    for (uint32_t id : {number_id(value), value.raised_id}) {
      // The packet may be moved: then its size is another number.
      if (id == kPacketSizeId || (id != kNoId && id >= loop.lasting_ids)) renamed.push_back(id);
    }
  });
  return renamed;
}

// From where the loop is entered to its head. Nothing where an end has no name, or is not exactly that far from it.
std::optional<Way> way_of(const std::vector<uint32_t>& renamed, const Moves& moves, bool up, int64_t step) {
  struct End {
    Origin origin;
    int64_t least, most;
  };
  auto end = [](const RegValue& value) -> std::optional<End> {
    const Origin origin = origin_of(value);
    if (origin.id == kZeroId) return End{origin, 0, 0};
    const Scalar64 base = base_of(value);
    if (origin.id == kNoId || !is_tame(base)) return std::nullopt;
    return End{origin, base.wide.s.min, base.wide.s.max};
  };
  const std::optional<End> first = end(moves.first), before = end(moves.before);
  if (!first || !before || before->origin.id == kPacketSizeId) return std::nullopt;
  const uint32_t from = first->origin.id;
  if (from == kPacketSizeId || std::find(renamed.begin(), renamed.end(), from) != renamed.end()) return std::nullopt;
  const End &high = up ? *before : *first, &low = up ? *first : *before;
  const int64_t fixed = wrapped_difference(high.origin.fixed, low.origin.fixed);
  if (fixed > kMostShift || fixed < -kMostShift) return std::nullopt;
  return Way{high.origin.id, low.origin.id, fixed, step, high.most, low.least};
}

// The most that the loop inside has gone beyond what the measured number goes in this iteration: distance - progress.
std::optional<Int128> beyond(const LoopIteration& loop, const State& state, const Way& way, const Measure& measure,
                             const ValuePlace& place) {
  const std::optional<RegValue> after = value_at(state, place);
  if (!after || !is_tame(base_of(*after)) || !is_tame(base_of(measure.moves.before))) return std::nullopt;
  const Origin before = origin_of(measure.moves.before), now = origin_of(*after);
  const Origin &high = measure.up ? now : before, &low = measure.up ? before : now;
  const Int128 fixed = Int128{way.fixed} - high.fixed + low.fixed;
  auto most = [&state](uint32_t a, uint32_t b) -> std::optional<Int128> {
    if (a == b) return 0;
    const int64_t difference = state.most_difference(a, b);
    return difference < kNoDifference ? std::optional<Int128>(difference) : std::nullopt;
  };
  const std::optional<Int128> above = most(way.high, high.id), below = most(low.id, way.low);
  if (above && below) return *above + *below + fixed;
  if (!loop.analysis.linear) return std::nullopt;
  return most_of(state, Sum().add(way.high, 1).add(way.low, -1).add(high.id, -1).add(low.id, 1).add_constant(fixed),
                 kPatient);
}

// What one state's iteration costs, by how far the measured number has gone in it: at most `plain`, and at most
// base + rate * progress. Progress is at least `least`.
struct Price {
  Int128 plain, base, rate;
  Int128 least;

  // The least A such that A + by * progress is enough.
  Int128 beside(Int128 by) const {
    const Int128 without = plain - by * least;
    return by < rate ? without : std::min(without, base - (by - rate) * least);
  }
};

// So much for each return and so much for each step.
struct Split {
  uint64_t each, step;
  Int128 total;
};

// Sound for any price of a step: in each iteration the return's price and that of its steps are enough, and all steps
// of all iterations are no more than `most`.
Split split(const std::vector<Price>& prices, uint64_t returns, uint64_t most) {
  auto of = [&](Int128 by) {
    Int128 each = 0;
    for (const Price& price : prices) each = std::max(each, price.beside(by));
    return Split{static_cast<uint64_t>(each), static_cast<uint64_t>(by), each * returns + by * most};
  };
  Split best = of(0);
  auto consider = [&](Int128 by) {
    if (by < 0 || by >= kMostFigure) return;
    const Split other = of(by);
    if (other.total < best.total) best = other;
  };
  for (const Price& price : prices) {
    consider(price.rate);
    if (price.least <= 0) continue;
    consider((price.plain + price.least - 1) / price.least);
    if (price.base > 0) consider(price.rate + (price.base + price.least - 1) / price.least);
  }
  return best;
}

// A price for each state and each figure; nothing where figures are too large.
std::optional<std::array<std::vector<Price>, kFigures>> prices_of(const LoopIteration& loop, const States& back,
                                                                  const Measure& measure, const ValuePlace& place) {
  std::array<std::vector<Price>, kFigures> prices;
  size_t number = 0;
  for (const State& state : back) {
    const Int128 least = measure.least()[number++];
    const Cost plain = state.cost.most();
    for (size_t i = 0; i < kFigures; i++) {
      if (figure(plain, i) >= kMostFigure) return std::nullopt;
      prices[i].push_back({Int128{figure(plain, i)}, Int128{figure(state.cost.base(), i)}, 0, least});
    }
    for (const LoopCost& inside : state.cost.loops()) {
      std::optional<Int128> fewest;
      int64_t step = 1;
      for (const Way& way : inside.ways) {
        const std::optional<Int128> more = beyond(loop, state, way, measure, place);
        if (!more || *more >= kTame || *more <= -kTame || (fewest && way.step <= step)) continue;
        fewest = more;
        step = way.step;
      }
      for (size_t i = 0; i < kFigures; i++) {
        Price& price = prices[i].back();
        if (figure(inside.each, i) >= kMostFigure) return std::nullopt;
        const auto each = static_cast<Int128>(figure(inside.each, i));
        if (!fewest) {
          price.base += each * inside.most;
          continue;
        }
        const Int128 rate = (each + step - 1) / step;
        price.base += rate * *fewest;
        price.rate += rate;
      }
    }
  }
  return prices;
}

}  // namespace

void LoopTotal::add_to(State& head, bool linear) const {
  auto most_of_both = [&](const Way& a, const Way& b) -> std::optional<uint64_t> {
    if (!linear) return std::nullopt;
    const std::optional<Int128> most = most_of(
        head, Sum().add(a.high, 1).add(a.low, -1).add(b.high, 1).add(b.low, -1).add_constant(Int128{a.fixed} + b.fixed),
        kPatient);
    if (!most || *most > kMostFigure) return std::nullopt;
    return *most < 0 ? 0 : static_cast<uint64_t>(*most);
  };
  head.cost.forget_ways_of(renamed);
  // Sound: by induction over the iterations. All of it is exact.
  for (const Way& way : gone) {
    if (way.high != kZeroId && way.low != kZeroId) head.learn(way.low, way.high, way.fixed);
  }
  if (returns.each != Cost{}) head.cost.add(returns, most_of_both);
  if (steps) head.cost.add(*steps, most_of_both);
}

LoopTotal total_of(const LoopIteration& loop, const States& back, uint64_t returns) {
  LoopTotal total;
  total.renamed = renamed_at_head(loop);
  for (const State& state : back) total.returns.each.raise_to(state.cost.most());
  total.returns.most = returns;
  if (back.empty()) return total;
  Int128 cheapest = Int128{total.returns.each.instructions} * returns;
  for_each_value(loop.head, [&](const ValuePlace& place, const RegValue&) {
    const std::optional<Moves> moves = moves_at(loop, place, back);
    if (!moves) return;
    for (bool up : {true, false}) {
      const std::optional<Measure> measured = measure(loop, *moves, up, place, back);
      if (!measured) continue;
      const int64_t step = *std::min_element(measured->least().begin(), measured->least().end());
      const std::optional<Way> way = way_of(total.renamed, *moves, up, step);
      if (way && way->high != way->low) total.gone.push_back(*way);
      if (way && step > 0 && total.returns.ways.size() < LoopCost::kMostWays) total.returns.ways.push_back(*way);
      // Where every iteration goes as far as every other, nothing is shared.
      if (moves->is_counter) continue;
      const auto prices = prices_of(loop, back, *measured, place);
      if (!prices) continue;
      std::array<Split, kFigures> splits;
      for (size_t i = 0; i < kFigures; i++) splits[i] = split((*prices)[i], returns, measured->most);
      if (splits[0].total >= cheapest) continue;
      cheapest = splits[0].total;
      total.steps = LoopCost{{}, measured->most, {}};
      for (size_t i = 0; i < kFigures; i++) {
        figure(total.returns.each, i) = splits[i].each;
        figure(total.steps->each, i) = splits[i].step;
      }
      if (const std::optional<Way> whole = way_of(total.renamed, *moves, up, 1)) total.steps->ways.push_back(*whole);
    }
  });
  return total;
}

}  // namespace perdita::verifier
