// SPDX-License-Identifier: Apache-2.0
#include "verifier/fixpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "verifier/callback_loop.h"
#include "verifier/loop_summary.h"
#include "verifier/state_set.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

using Trial = std::optional<std::pair<uint32_t, Finding>>;

constexpr size_t kMostGuesses = 24;
constexpr uint64_t kTriedIterations = 128;
constexpr uint64_t kFewIterations = 4;  // that are taken exactly, whatever they cost, where more are wanted
// About what it takes to find a summary: a loop needs none that goes one way all along and ends before.
constexpr uint64_t kStepsOfSummary = 1000;
constexpr uint64_t kCheapSteps = 4000;  // of a loop that are taken exactly, whatever it may cost

// A run of one subprogram from one set of states: its graph, and the states that wait at each block.
struct Run {
  const Graph& graph;
  const std::vector<uint16_t>& live;
  std::vector<StateSet> waiting;
  StateSet returned;
  // Blocks outside these are not entered: a loop is tried out, and what leaves it is not of interest.
  uint32_t first = 0, last = UINT32_MAX;
};

class Fixpoint {
 public:
  Fixpoint(Analysis& analysis, const Flow& flow, const LoopOptions& options, Observer* observer)
      : analysis_(analysis),
        flow_(flow),
        options_(options),
        observer_(observer),
        costs_(analysis.subject.module.maps.size()) {
    const uint64_t size = analysis.subject.prog.code.size();
    result_.executions.resize(size);
    analysis.linear = options.linear;
    most_steps_ = std::min(options.most_steps, std::max(kMaxSteps, kStepsPerInstruction * size) / options.budget_share);
  }

  FixpointResult run() {
    StateSet entry;
    entry.add(initial_state(), analysis_.next_id);
    run_subprogram(0, std::move(entry));
    result_.worst.add_invocation();
    result_.steps = steps_;
    return std::move(result_);
  }

 private:
  State initial_state() const {
    State state;
    state.frames.emplace_back();
    state.regs[1] = RegValue::pointer(RegKind::context);
    // A function that is judged by itself gets any number where it takes one.
    for (unsigned i = 0; i < PERDITA_MAX_ARGS; i++) {
      if ((analysis_.subject.prog.number_args >> i & 1) != 0) state.regs[i + 1] = RegValue::unknown_scalar();
    }
    state.regs[isa::kFrameRegister] = RegValue::pointer(RegKind::stack);
    state.packet_size = domain::unsigned_scalar<64, 32>(0, analysis_.subject.hook.packet_max_bytes);
    return state;
  }

  // All states that return from the subprogram. Depth of recursion: the call graph's, at most isa::kMaxFrames.
  StateSet run_subprogram(uint32_t subprogram, StateSet entry) {
    Run run{flow_.graphs[subprogram], flow_.live[subprogram], {}, {}};
    run.waiting.resize(run.graph.blocks.size());
    run.waiting[0] = std::move(entry);
    sweep(run, 0, static_cast<uint32_t>(run.graph.blocks.size()), kNoLoop);
    return std::move(run.returned);
  }

  // The blocks from `first` up to `end` in their order; loops that begin there, but for the one of index `inside`,
  // until no state comes back to their heads. Depth of recursion: of loops in loops, at most kMaxLoopDepth (graph.h).
  void sweep(Run& run, uint32_t first, uint32_t end, uint32_t inside) {
    for (uint32_t at = first; at < end && !stopped_;) {
      const uint32_t loop = run.graph.loop_at[at];
      if (loop == kNoLoop || loop == inside) {
        run_block(run, run.graph.blocks[at], run.waiting[at].take());
        at++;
      } else {
        if (!run.waiting[at].empty()) run_loop(run, loop);
        at = run.graph.loops[loop].last + 1;
      }
    }
  }

  void iterate(Run& run, uint32_t loop) {
    const Loop& blocks = run.graph.loops[loop];
    sweep(run, blocks.head, blocks.last + 1, loop);
  }

  // Exactly, iteration by iteration, at first and as long as that is cheap; then by a summary of all that are left.
  void run_loop(Run& run, uint32_t loop) {
    StateSet& head = run.waiting[run.graph.loops[loop].head];
    const uint32_t pc = run.graph.blocks[run.graph.loops[loop].head].first;
    const uint64_t begin = steps_, splits_before = splits_;
    uint64_t next_summary = options_.exact_iterations, last_possible = UINT64_MAX, steps_before = steps_;
    StateSet seen;
    std::optional<Summary> found;  // not used as long as following the loop is cheap
    for (uint64_t iterations = 0; !head.empty() && !stopped_; iterations++) {
      current_loop_ = pc;
      if (iterations > last_possible) break;  // what is left is no execution: a summary has shown it
      if (iterations == kFewIterations && steps_ - begin > kCheapSteps) {
        if (found) return leave_by(run, loop, *found);
        next_summary = std::min(next_summary, iterations);
      }
      const bool worth_it = analysis_.trial != nullptr || options_.exact_iterations == 0 || splits_ != splits_before ||
                            steps_ - begin >= kStepsOfSummary;
      if (iterations >= next_summary && worth_it) {
        result_.sought_summaries = true;
        const uint64_t in_last = steps_ - steps_before;
        if ((found = find_summary(run, loop))) {
          uint64_t all = saturated_sum(steps_ - begin, saturated_product(found->returns, in_last));
          // Before the first iteration it is not known what one takes.
          if (analysis_.trial != nullptr || iterations == 0 || all > kCheapSteps) return leave_by(run, loop, *found);
          last_possible = iterations + found->returns;
          next_summary = UINT64_MAX;
        } else {
          next_summary = std::max<uint64_t>(1, iterations * 4);
        }
      }
      // Where no summary is found, an end is near or there is none; and a loop around this one that is tried out has to
      // do without.
      bool long_enough = analysis_.trial != nullptr ? iterations >= kTriedIterations : steps_ - begin > most_steps_ / 4;
      if (long_enough) {
        report_too_complex(
            pc, fmt::format("{} iterations of this loop were followed, and nothing bounds it", iterations),
            "count with a variable that has a constant bound: for (i = 0; i < N; i++); or check before it "
            "what makes it end");
        break;
      }
      if (iterations > kExactIterations) head.join_alike(analysis_.next_id);
      // The same states at the head again: they will come back for ever.
      if (StateSet::same(seen, head)) {
        report_endless(pc);
        break;
      }
      if (std::has_single_bit(iterations)) seen = head;
      steps_before = steps_;
      iterate(run, loop);
    }
    head.take();
  }

  // ---- summaries ----

  // One iteration from the state, nothing reported, nothing leaving the loop: what came back to the head.
  States try_iteration(Run& run, uint32_t loop, const State& state, Trial& trial) {
    const Loop& blocks = run.graph.loops[loop];
    Trial* const trial_around = std::exchange(analysis_.trial, &trial);
    const uint32_t first = std::exchange(run.first, blocks.head), last = std::exchange(run.last, blocks.last);
    trial.reset();
    run.waiting[blocks.head].add(state, analysis_.next_id);
    iterate(run, loop);
    run.first = first;
    run.last = last;
    analysis_.trial = trial_around;
    return run.waiting[blocks.head].take();
  }

  // Mends the summary until it holds. False: it does not.
  bool settle(Run& run, uint32_t loop, LoopSummary& summary, States& back, Trial& trial) {
    do {
      bool holds = false;
      while (!holds && !stopped_ && !summary.given_up()) {
        const State head = summary.head();
        back = try_iteration(run, loop, head, trial);
        holds = summary.came_back(back);
        // An error stays in the guess: what the loop asks may keep it out from the beginning.
        if (!holds && trial && summary.add_facts()) continue;
      }
      if (!holds) return false;
      // Where what loops share is looked for, how far a counter is from what ends the loop is of interest in any case.
      const bool wants_more = options_.exact_iterations == 0 || trial || summary.returns(back) > summary.most();
      if (!wants_more || !summary.add_facts()) break;
    } while (!stopped_);
    return !stopped_;
  }

  // From the states that wait at the head on.
  struct Summary {
    State head;        // covers the state before any iteration; costs count from 0
    uint64_t returns;  // so often is the way back taken at most
    LoopTotal costs;   // of all iterations that come back
    PathCost before;   // and of all that came before
  };

  // The states that wait become those that leave the loop. Every way out may be taken in the last iteration, after as
  // many returns as there can be.
  void leave_by(Run& run, uint32_t loop, const Summary& summary) {
    StateSet& head = run.waiting[run.graph.loops[loop].head];
    head.take();
    result_.with_summaries.insert(run.graph.blocks[run.graph.loops[loop].head].first);
    State last = summary.head;
    last.cost = summary.before;
    summary.costs.add_to(last, analysis_.linear);
    const uint64_t times = std::exchange(times_, saturated_product(times_, saturated_sum(summary.returns, 1)));
    head.add(std::move(last), analysis_.next_id);
    iterate(run, loop);
    head.take();
    times_ = times;
  }

  std::optional<Summary> find_summary(Run& run, uint32_t loop) {
    StateSet& head = run.waiting[run.graph.loops[loop].head];
    States waiting = head.take();
    State entry = waiting[0];
    for (size_t i = 1; i < waiting.size(); i++) entry = join(entry, waiting[i], analysis_.next_id);
    // What the loop around this one counts with is asked for again when this one is done.
    const auto loop_numbers = analysis_.loop_numbers;
    const auto one_bit_less = analysis_.one_bit_less;
    const auto compared = analysis_.compared;
    std::vector<uint32_t>& around = analysis_.numbers_around;
    const size_t were_around = around.size();
    around.insert(around.end(), loop_numbers.begin(), loop_numbers.end());
    std::optional<Summary> summary = guess_summary(run, loop, entry);
    analysis_.loop_numbers = loop_numbers;
    analysis_.one_bit_less = one_bit_less;
    analysis_.compared = compared;
    around.resize(were_around);
    for (size_t i = 0; i < waiting.size(); i++) head.add(waiting.take(i), analysis_.next_id);
    return stopped_ ? std::nullopt : std::move(summary);
  }

  std::optional<Summary> guess_summary(Run& run, uint32_t loop, const State& entry) {
    const std::vector<int64_t> thresholds = thresholds_of(run, loop);
    std::vector<uint64_t> guesses{uint64_t{1} << 31, 1u << 16, 1u << 12, 1u << 9, 1u << 6};
    Trial trial;
    States back;
    uint64_t refuted = UINT64_MAX;  // so many returns lead to an error, and more do all the more
    for (size_t i = 0; i < guesses.size() && i < kMostGuesses && !stopped_; i++) {
      if (guesses[i] >= refuted) continue;
      LoopSummary summary(analysis_, entry, guesses[i], thresholds);
      bool holds = settle(run, loop, summary, back, trial);
      if (i == 0) {
        const std::set<uint64_t>& likely = summary.likely_returns();
        guesses.insert(guesses.begin() + 1, likely.begin(), likely.end());
      }
      if (!holds) continue;
      uint64_t returns = summary.returns(back);
      if (returns > summary.most()) continue;
      if (auto best = tightened(run, loop, entry, thresholds, returns)) return best;
      refuted = std::min(refuted, returns);
    }
    return std::nullopt;
  }

  // For no more than so many returns, or for fewer still; none where an error is found.
  std::optional<Summary> tightened(Run& run, uint32_t loop, const State& entry, const std::vector<int64_t>& thresholds,
                                   uint64_t returns) {
    Trial trial;
    States back;
    std::optional<Summary> best;
    for (unsigned round = 0; round < 3; round++) {
      LoopSummary summary(analysis_, entry, returns, thresholds);
      if (!settle(run, loop, summary, back, trial)) break;
      // Against what the guess covers, which may be less than was asked for: pointers may go only so far.
      uint64_t fewer = summary.returns(back);
      if (fewer > summary.most()) break;
      if (summary.try_narrower(back)) {
        const State head = summary.head();
        States from_narrower = try_iteration(run, loop, head, trial);
        if (summary.came_back(from_narrower) && summary.returns(from_narrower) <= summary.most()) {
          back = std::move(from_narrower);
          fewer = std::min(fewer, summary.returns(back));
        } else {
          summary.take_back();
          if (!settle(run, loop, summary, back, trial)) break;
          fewer = summary.returns(back);  // the attempt may have shown that a counter is none
          if (fewer > summary.most()) break;
        }
      }
      best.reset();
      if (!trial && !summary.is_poisoned()) {
        best = Summary{summary.tried(), returns, summary.costs(back, fewer), entry.cost};
        best->head.lasting_ids = entry.lasting_ids;
      }
      if (fewer == returns) break;
      returns = fewer;
    }
    return stopped_ ? std::nullopt : std::move(best);
  }

  // What numbers are compared with in the loop: where their ranges may well end.
  std::vector<int64_t> thresholds_of(const Run& run, uint32_t loop) const {
    std::vector<int64_t> thresholds;
    for (uint32_t at = run.graph.loops[loop].head; at <= run.graph.loops[loop].last; at++) {
      const Block& block = run.graph.blocks[at];
      const isa::Insn& insn = analysis_.insn(block.last);
      if (block.end != BlockEnd::branch || isa::uses_register(insn.opcode)) continue;
      for (int64_t near : {-1, 0, 1}) thresholds.push_back(insn.imm + near);
    }
    std::sort(thresholds.begin(), thresholds.end());
    thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
    return thresholds;
  }

  // ---- blocks ----

  void run_block(Run& run, const Block& block, States states) {
    if (states.empty()) return;
    if (analysis_.trial == nullptr) {
      uint64_t& executions = result_.executions[block.first];
      executions = saturated_sum(executions, times_);
    }
    const Cost cost = costs_.of(analysis_.subject.prog.code, block.first, block.last);
    StateSet into_callee;
    for (size_t i = 0; i < states.size(); i++) {
      std::unique_ptr<State> held = states.take(i);
      State& state = *held;
      state.cost.add(cost);
      analysis_.parts.clear();
      analysis_.distances.clear();
      for (uint32_t pc = block.first; pc < block.last && !stopped_; pc++) {
        begin_instruction(state, pc);
        transfer(analysis_, state, pc);
        if (analysis_.insn(pc).opcode == isa::kLddw) pc++;
      }
      if (stopped_) return;
      begin_instruction(state, block.last);
      switch (block.end) {
        case BlockEnd::branch: {
          std::unique_ptr<State> other;
          const Arms arms = transfer_branch(analysis_, state, other, block.last);
          if (other == nullptr) {
            go(run, block.successors[arms.taken ? 0 : 1], std::move(held));
            break;
          }
          splits_ += arms.taken && arms.not_taken ? 1 : 0;
          if (arms.taken) go(run, block.successors[0], std::move(held));
          if (arms.not_taken) go(run, block.successors[1], std::move(other));
          break;
        }
        case BlockEnd::exit:
          leave(run, std::move(held), block.last);
          break;
        case BlockEnd::call:
          if (!may_enter(state, callee_of(block.last), block.last)) break;
          transfer_enter(state, callee_of(block.last), block.last, run.live[block.successors[0]]);
          into_callee.add(std::move(held), analysis_.next_id);
          break;
        case BlockEnd::callback:
          go_all(run, block.successors[0], call_back(std::move(state), block.last, run.live[block.successors[0]]));
          break;
        case BlockEnd::falls_through:
          transfer(analysis_, state, block.last);
          go(run, block.successors[0], std::move(held));
          break;
        case BlockEnd::jump:
          go(run, block.successors[0], std::move(held));
          break;
      }
    }
    if (into_callee.empty() || stopped_) return;
    StateSet back = run_subprogram(callee_of(block.last), std::move(into_callee));
    go_all(run, block.successors[0], back.take());
  }

  // The states behind a call of a helper that calls back.
  States call_back(State state, uint32_t pc, uint16_t live_after) {
    std::optional<CallbackPlan> plan = plan_callbacks(analysis_, state, pc);
    if (!plan || !may_enter(state, plan->subprogram, pc)) return {std::move(state)};
    const uint64_t most = plan->most_iterations;
    CallbackLoop loop(analysis_, *std::move(plan), std::move(state));
    std::vector<uint64_t> before = result_.executions, most_in_round(before.size());
    for (auto fresh = loop.next_round(); !fresh.empty() && !stopped_; fresh = loop.next_round()) {
      StateSet into_callback;
      for (State& entering : fresh) {
        transfer_enter(entering, loop.subprogram(), pc, live_after);
        entering.frames.back().is_callback = true;
        loop.pass_arguments(entering);
        into_callback.add(std::move(entering), analysis_.next_id);
      }
      result_.executions = before;
      loop.came_back(run_subprogram(loop.subprogram(), std::move(into_callback)).take());
      for (size_t i = 0; i < before.size(); i++) {
        most_in_round[i] = std::max(most_in_round[i], result_.executions[i] - before[i]);
      }
    }
    // However many rounds it took to understand it: an iteration runs what the longest of them did.
    for (size_t i = 0; i < before.size(); i++) {
      result_.executions[i] = saturated_sum(before[i], saturated_product(most_in_round[i], most));
    }
    return loop.finish();
  }

  // The call graph was looked at before, but for callbacks, which are found here: no chain of frames may be too long or
  // hold a subprogram twice.
  bool may_enter(const State& state, uint32_t subprogram, uint32_t pc) {
    bool again = std::any_of(state.frames.begin(), state.frames.end(),
                             [subprogram](const Frame& frame) { return frame.subprogram == subprogram; });
    if (again) {
      report_recursion(analysis_.report, analysis_.subject.prog, pc, subprogram);
    } else if (state.frames.size() == isa::kMaxFrames) {
      report_call_depth(analysis_.report, pc, isa::kMaxFrames + 1, analysis_.subject.prog.subprograms[0].name);
    }
    return !again && state.frames.size() < isa::kMaxFrames;
  }

  uint32_t callee_of(uint32_t pc) const {
    return static_cast<uint32_t>(subprogram_at(analysis_.subject.prog, int64_t{pc} + 1 + analysis_.insn(pc).imm));
  }

  void begin_instruction(State& state, uint32_t pc) {
    if (observer_ != nullptr && analysis_.trial == nullptr) observer_->at(state, pc);
    // Every question is asked to all of them.
    steps_ += 1 + state.linear.facts().size();
    if (steps_ > most_steps_) give_up(pc);
    stopped_ = stopped_ || analysis_.report.full() || steps_ > most_steps_;
  }

  void go_all(Run& run, uint32_t to, States states) {
    for (size_t i = 0; i < states.size(); i++) go(run, to, states.take(i));
  }

  void go(Run& run, uint32_t to, std::unique_ptr<State> held) {
    if (to < run.first || to > run.last) return;
    State& state = *held;
    for (unsigned reg = 0; reg <= isa::kFrameRegister; reg++) {
      const bool is_live = (run.live[to] >> reg & 1) != 0;
      if (!is_live && state.regs[reg].kind != RegKind::uninitialised) state.regs[reg] = {};
    }
    drop_unused(state);
    // Comparing it with those that wait is work as well.
    steps_ += run.waiting[to].states().size() / 16;
    run.waiting[to].add(std::move(held), analysis_.next_id,
                        analysis_.trial == nullptr ? options_.states : options_.tried_states);
  }

  // While a loop is tried out, how far its numbers have gone since its head is of interest, and how far a loop inside
  // has gone; with facts about several numbers, how far loops have gone that came before.
  void drop_unused(State& state) const {
    if (analysis_.trial == nullptr && !analysis_.linear) return state.drop_unused_differences();
    std::vector<uint32_t> kept = analysis_.loop_numbers;
    kept.insert(kept.end(), analysis_.numbers_around.begin(), analysis_.numbers_around.end());
    state.cost.collect_names(kept);
    state.drop_unused_differences(kept);
  }

  void leave(Run& run, std::unique_ptr<State> held, uint32_t pc) {
    State& state = *held;
    if (state.frames.size() == 1) {
      check_exit(analysis_, state, pc);
      if (analysis_.trial == nullptr) result_.worst.raise_to(state.cost.most());
      return;
    }
    if (state.frames.back().is_callback) check_callback_result(analysis_, state, pc);
    transfer_return(analysis_, state, pc);
    run.returned.add(std::move(held), analysis_.next_id);
  }

  // After another error a loop may well not end: what decides about it may be poisoned.
  void report_endless(uint32_t pc) {
    if (analysis_.report.any()) return;
    analysis_.error(pc, {"loop-not-bounded", "this loop is not proved to end",
                         "a value that changes in every iteration until it ends the loop",
                         "the same state comes back to the loop's head",
                         "count with a variable that has a constant bound: for (i = 0; i < N; i++)"});
  }

  void give_up(uint32_t pc) {
    stopped_ = true;
    analysis_.trial = nullptr;
    report_too_complex(current_loop_ != UINT32_MAX ? current_loop_ : pc,
                       "the analysis was given up in this loop or near it",
                       "give the loop a smaller bound, or move work out of it");
  }

  void report_too_complex(uint32_t pc, std::string known, std::string hint) {
    if (analysis_.report.any()) return;
    analysis_.error(pc, {"too-complex", "the program needs more steps to analyse than this verifier takes",
                         fmt::format("at most {} steps", most_steps_), std::move(known), std::move(hint)});
  }

  Analysis& analysis_;
  const Flow& flow_;
  const LoopOptions& options_;
  Observer* observer_;
  InstructionCosts costs_;
  FixpointResult result_;
  uint64_t most_steps_ = 0;
  uint64_t times_ = 1;  // how often the block that runs may be run

  uint64_t steps_ = 0;
  uint64_t splits_ = 0;  // branches of which both arms were taken
  uint32_t current_loop_ = UINT32_MAX;
  bool stopped_ = false;
};

}  // namespace

FixpointResult run_fixpoint(Analysis& analysis, const Flow& flow, const LoopOptions& options, Observer* observer) {
  return Fixpoint(analysis, flow, options, observer).run();
}

}  // namespace perdita::verifier
