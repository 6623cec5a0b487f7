// SPDX-License-Identifier: Apache-2.0
#include "verifier/path_cost.h"

#include <algorithm>
#include <optional>

namespace perdita::verifier {
namespace {

// The one after the other, where one begins where the other ends: as far as both together.
std::optional<Way> put_together(const Way& a, const Way& b) {
  for (const auto& [upper, lower] : {std::pair(a, b), std::pair(b, a)}) {
    if (upper.low != lower.high) continue;
    int64_t fixed = 0;
    if (__builtin_add_overflow(upper.fixed, lower.fixed, &fixed)) continue;
    return Way{upper.high, lower.low, fixed, 1, upper.high_most, lower.low_least};
  }
  return std::nullopt;
}

// How far it can be at most, both ends being within 2^62 of 0.
uint64_t most_of(const Way& way) {
  int64_t most = 0;
  if (__builtin_sub_overflow(way.high_most, way.low_least, &most) || __builtin_add_overflow(most, way.fixed, &most)) {
    return UINT64_MAX;
  }
  return most < 0 ? 0 : static_cast<uint64_t>(most);
}

// What one step of the way costs at most, where units of so many steps cost `each`.
Cost per_step(const Cost& each, int64_t step) {
  const auto by = static_cast<uint64_t>(step);
  auto divided = [by](uint64_t cost) { return cost / by + (cost % by != 0 ? 1 : 0); };
  Cost cost;
  cost.instructions = divided(each.instructions);
  for (size_t i = 0; i < kMaxEngines; i++) cost.machine[i] = divided(each.machine[i]);
  return cost;
}

uint64_t instructions_of(const LoopCost& loop) { return saturated_product(loop.each.instructions, loop.most); }

// Sound: units * step <= distance on both, neither distance is negative, and both together are at most that far: so
// each_a * units_a + each_b * units_b <= the larger price of a step * what both are at most.
std::optional<LoopCost> put_together(const LoopCost& a, const LoopCost& b, const PathCost::MostOfBoth& most_of_both) {
  std::optional<LoopCost> best;
  for (const Way& first : a.ways) {
    for (const Way& second : b.ways) {
      const std::optional<Way> whole = put_together(first, second);
      const std::optional<uint64_t> known = most_of_both(first, second);
      if (!whole && !known) continue;
      LoopCost both{per_step(a.each, first.step), known.value_or(UINT64_MAX), {}};
      both.each.raise_to(per_step(b.each, second.step));
      if (whole) {
        both.most = std::min(both.most, most_of(*whole));
        both.ways.push_back(*whole);
      }
      if (!best || instructions_of(both) < instructions_of(*best)) best = std::move(both);
    }
  }
  if (best && instructions_of(*best) < saturated_sum(instructions_of(a), instructions_of(b))) return best;
  return std::nullopt;
}

}  // namespace

Cost PathCost::most() const {
  Cost most = base_;
  for (const LoopCost& loop : loops_) most.add_times(loop.each, loop.most);
  return most;
}

void PathCost::add(LoopCost loop, const MostOfBoth& most_of_both) {
  for (auto before = loops_.begin(); before != loops_.end(); ++before) {
    std::optional<LoopCost> both = put_together(*before, loop, most_of_both);
    if (!both) continue;
    loops_.erase(before);
    return add(*std::move(both), most_of_both);
  }
  if (loops_.size() == kMostLoops) {
    fold(loops_.front());
    loops_.erase(loops_.begin());
  }
  loops_.push_back(std::move(loop));
}

// Sound: what is not in both counts in full. Two loops of one path may be equal, where nothing is known of their ways:
// each stands for one of the other path.
void PathCost::raise_to(const PathCost& other) {
  PathCost theirs = other;
  std::erase_if(loops_, [&](const LoopCost& loop) {
    auto same = std::find(theirs.loops_.begin(), theirs.loops_.end(), loop);
    if (same == theirs.loops_.end()) {
      fold(loop);
      return true;
    }
    theirs.loops_.erase(same);
    return false;
  });
  base_.raise_to(theirs.most());
}

void PathCost::forget_ways_of(std::span<const uint32_t> ids) {
  auto is_among = [&ids](uint32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  for (LoopCost& loop : loops_) {
    std::erase_if(loop.ways, [&](const Way& way) { return is_among(way.high) || is_among(way.low); });
  }
}

void PathCost::collect_names(std::vector<uint32_t>& ids) const {
  for (const LoopCost& loop : loops_) {
    for (const Way& way : loop.ways) ids.insert(ids.end(), {way.high, way.low});
  }
}

bool PathCost::names(uint32_t id) const {
  return std::any_of(loops_.begin(), loops_.end(), [id](const LoopCost& loop) {
    return std::any_of(loop.ways.begin(), loop.ways.end(),
                       [id](const Way& way) { return way.high == id || way.low == id; });
  });
}

}  // namespace perdita::verifier
