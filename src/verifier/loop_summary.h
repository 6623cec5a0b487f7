// SPDX-License-Identifier: Apache-2.0
//
// What holds whenever a loop's head is reached, and how often it is reached: a guess that is analysed and mended until
// it proves itself. So the time a loop takes does not grow with the number of its iterations.
//
// The guess: the way back to the head is taken at most `most` times, and before the iteration number k, from 0 on,
//   * a counter is x0 + step * k, x0 being its value where the loop is entered, step the same in each iteration; and it
//     lies in a range that it does not leave;
//   * some differences between counters and numbers that the loop leaves alone have a bound;
//   * everything else is as in one state that covers all.
// One iteration is analysed from there. The guess is proved where what comes back to the head is covered: counters have
// gone on by their step, as their identity shows; the rest by covers(); and a number that grows (or falls) by at least
// so much in every iteration and stays below (above) a limit on the way back says that `most` was not too low. Sound by
// induction over k: as long as k <= most the guess describes the state, and k never gets beyond most.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "verifier/analysis.h"
#include "verifier/loop_costs.h"
#include "verifier/states.h"
#include "verifier/values_of.h"

namespace perdita::verifier {

class LoopSummary {
 public:
  // `entry` describes every way into the loop; `thresholds` where ranges may well end, ascending.
  LoopSummary(Analysis& analysis, State entry, uint64_t most, std::span<const int64_t> thresholds);

  // The state to analyse one iteration from; costs count from 0. The analysis is told the numbers that vary.
  const State& head();
  // Takes what came back to the head. True: the guess holds, but for `most`; otherwise it was mended, or given up.
  bool came_back(const States& back);
  // Whether an error that was found earlier left its mark on the guess: then nothing is proved by finding no more.
  bool is_poisoned() const;
  bool given_up() const { return rounds_ > kMaxRounds; }

  // Where came_back() said true: how often the way back is taken at most.
  uint64_t returns(const States& back) const;
  // Where that is no answer: adds facts about what the iteration compared; false where there are none to add.
  bool add_facts();
  // Tries less than what holds; false where there is nothing to try. Where it then does not hold, take_back().
  bool try_narrower(const States& back);
  void take_back();

  // The state that was analysed last, and where came_back() said true, what all returns cost, if there are so many.
  const State& tried() const { return head_; }
  LoopTotal costs(const States& back, uint64_t returns) const;

  uint64_t most() const { return most_; }
  // Numbers of returns after which a counter reaches what it was compared with.
  const std::set<uint64_t>& likely_returns() const { return likely_returns_; }

 private:
  static constexpr unsigned kMaxRounds = 24, kAtOnce = 10, kJoins = 2;

  struct Counter {
    int64_t step;
    Scalar64 range;      // a number's
    unsigned tries = 0;  // to find one
  };
  struct Group {
    uint32_t from;  // what its counters count from where the loop is entered
    int64_t step;
    uint32_t id;
    Scalar64 base;  // what is known of V(from)
  };
  struct Fact {
    size_t group;
    uint32_t other;
    bool group_first;  // V(group) - V(other) <= most; or the other way round
    int64_t most;
  };

  RegValue with_identity(RegValue value);
  Group& group_of(const RegValue& entry, int64_t step);
  const Group* group_with(uint32_t id) const;
  RegValue counted(const RegValue& entry, const Counter& counter);
  bool widen_ranges(const States& back);
  void note_likely_returns();
  bool goes_little(int64_t step) const;
  uint64_t reach(const RegValue& entry, int64_t step) const;
  std::map<ValuePlace, int64_t> exact_steps() const;
  bool find_counters(const States& back);
  std::optional<State> rewound(const State& back);
  bool drop_wrong_facts(const States& back);
  std::optional<Scalar64> entry_number(uint32_t id) const;
  void add_fact(Fact fact);
  void learn_steps(State& head) const;
  void forget_former_iterations(State& head) const;
  int64_t most_difference(const State& state, uint32_t a, uint32_t b) const;

  Analysis& analysis_;
  State entry_, base_, head_, wider_;
  uint64_t most_;
  uint32_t first_id_inside_ = 0;  // names below this are of numbers that the loop leaves alone
  std::vector<int64_t> thresholds_;
  std::map<ValuePlace, Counter> counters_;
  std::set<uint64_t> likely_returns_;
  std::set<ValuePlace> not_counters_;
  std::vector<Group> groups_;
  std::vector<Fact> facts_;
  std::set<std::pair<uint32_t, uint32_t>> tried_facts_;
  unsigned rounds_ = 0, joins_ = 0;
  bool narrowing_ = false, narrowed_ = false, forgetting_ = false, renamed_ = false;
  bool names_last_ = false;  // those below first_id_inside_ mean the same at the head as where the loop is entered
};

}  // namespace perdita::verifier
