// SPDX-License-Identifier: Apache-2.0
#include "verifier/fixpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "verifier/callback_loop.h"
#include "verifier/state_set.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

// How far a loop has come since it was entered.
struct LoopProgress {
  uint64_t iterations = 0;
  StateSet seen;  // the states at the head, at the last iteration whose number is a power of two
};

class Fixpoint {
 public:
  Fixpoint(Analysis& analysis, const Flow& flow, Observer* observer)
      : analysis_(analysis), flow_(flow), observer_(observer) {}

  Cost run() {
    StateSet entry;
    entry.add(initial_state(), analysis_.next_id);
    run_subprogram(0, std::move(entry));
    bound_.add_invocation();
    return bound_;
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
    const Graph& graph = flow_.graphs[subprogram];
    const std::vector<uint16_t>& live = flow_.live[subprogram];
    std::vector<StateSet> waiting(graph.blocks.size());
    std::vector<LoopProgress> progress(graph.loops.size());
    std::vector<uint32_t> loop_at(graph.blocks.size(), UINT32_MAX);
    for (uint32_t i = 0; i < graph.loops.size(); i++) loop_at[graph.loops[i].head] = i;
    StateSet returned;
    waiting[0] = std::move(entry);
    for (uint32_t at = 0; at < graph.blocks.size() && !stopped_;) {
      run_block(graph.blocks[at], live, waiting[at].take(), waiting, returned);
      uint32_t again = next_iteration(graph, at, waiting, progress);
      if (again != UINT32_MAX) {
        at = again;
        continue;
      }
      at++;
      // A loop that is reached from before starts counting anew.
      if (at < graph.blocks.size() && loop_at[at] != UINT32_MAX) progress[loop_at[at]] = {};
    }
    return returned;
  }

  // The head to go back to from the block at position `at`, or UINT32_MAX.
  uint32_t next_iteration(const Graph& graph, uint32_t at, std::vector<StateSet>& waiting,
                          std::vector<LoopProgress>& progress) {
    for (uint32_t index : graph.loops_ending[at]) {
      const Loop& loop = graph.loops[index];
      StateSet& head = waiting[loop.head];
      if (head.empty()) continue;
      LoopProgress& done = progress[index];
      done.iterations++;
      if (done.iterations > kExactIterations) head.join_alike(analysis_.next_id);
      uint32_t pc = graph.blocks[loop.head].first;
      // The same states at the head again: they will come back for ever.
      if (StateSet::same(done.seen, head)) {
        report_endless(pc);
        head.take();
        continue;
      }
      if (std::has_single_bit(done.iterations)) done.seen = head;
      current_loop_ = pc;
      return loop.head;
    }
    return UINT32_MAX;
  }

  void run_block(const Block& block, const std::vector<uint16_t>& live, std::vector<State> states,
                 std::vector<StateSet>& waiting, StateSet& returned) {
    StateSet into_callee;
    for (State& state : states) {
      for (uint32_t pc = block.first; pc < block.last && !stopped_; pc++) {
        begin_instruction(state, pc);
        transfer(analysis_, state, pc);
        if (analysis_.insn(pc).opcode == isa::kLddw) pc++;
      }
      if (stopped_) return;
      begin_instruction(state, block.last);
      switch (block.end) {
        case BlockEnd::branch: {
          State other = state;
          Arms arms = transfer_branch(analysis_, state, other, block.last);
          if (arms.taken) go(block.successors[0], std::move(state), live, waiting);
          if (arms.not_taken) go(block.successors[1], std::move(other), live, waiting);
          break;
        }
        case BlockEnd::exit:
          leave(state, block.last, returned);
          break;
        case BlockEnd::call:
          if (!may_enter(state, callee_of(block.last), block.last)) break;
          transfer_enter(state, callee_of(block.last), block.last, live[block.successors[0]]);
          into_callee.add(std::move(state), analysis_.next_id);
          break;
        case BlockEnd::callback:
          for (State& after : call_back(std::move(state), block.last, live[block.successors[0]])) {
            go(block.successors[0], std::move(after), live, waiting);
          }
          break;
        case BlockEnd::falls_through:
          transfer(analysis_, state, block.last);
          go(block.successors[0], std::move(state), live, waiting);
          break;
        case BlockEnd::jump:
          go(block.successors[0], std::move(state), live, waiting);
          break;
      }
    }
    if (into_callee.empty() || stopped_) return;
    StateSet back = run_subprogram(callee_of(block.last), std::move(into_callee));
    for (State& state : back.take()) go(block.successors[0], std::move(state), live, waiting);
  }

  // The states behind a call of a helper that calls back.
  std::vector<State> call_back(State state, uint32_t pc, uint16_t live_after) {
    std::optional<CallbackPlan> plan = plan_callbacks(analysis_, state, pc);
    if (!plan || !may_enter(state, plan->subprogram, pc)) return {std::move(state)};
    CallbackLoop loop(analysis_, *std::move(plan), std::move(state));
    for (auto fresh = loop.next_round(); !fresh.empty() && !stopped_; fresh = loop.next_round()) {
      StateSet into_callback;
      for (State& entering : fresh) {
        transfer_enter(entering, loop.subprogram(), pc, live_after);
        entering.frames.back().is_callback = true;
        loop.pass_arguments(entering);
        into_callback.add(std::move(entering), analysis_.next_id);
      }
      loop.came_back(run_subprogram(loop.subprogram(), std::move(into_callback)).take());
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
    if (observer_ != nullptr) observer_->at(state, pc);
    state.cost.add(analysis_.insn(pc));
    if (++steps_ > kMaxSteps) report_too_complex(pc);
    stopped_ = stopped_ || analysis_.report.full();
  }

  void go(uint32_t to, State state, const std::vector<uint16_t>& live, std::vector<StateSet>& waiting) {
    for (unsigned reg = 0; reg <= isa::kFrameRegister; reg++) {
      if ((live[to] >> reg & 1) == 0) state.regs[reg] = {};
    }
    state.drop_unused_packet_ranges();
    waiting[to].add(std::move(state), analysis_.next_id);
  }

  void leave(State& state, uint32_t pc, StateSet& returned) {
    if (state.frames.size() == 1) {
      check_exit(analysis_, state, pc);
      bound_.raise_to(state.cost);
      return;
    }
    if (state.frames.back().is_callback) check_callback_result(analysis_, state, pc);
    transfer_return(analysis_, state, pc);
    returned.add(std::move(state), analysis_.next_id);
  }

  // After another error a loop may well not end: what decides about it may be poisoned.
  void report_endless(uint32_t pc) {
    if (analysis_.report.any()) return;
    analysis_.error(pc, {"loop-not-bounded", "this loop is not proved to end",
                         "a value that changes in every iteration until it ends the loop",
                         "the same state comes back to the loop's head",
                         "count with a variable that has a constant bound: for (i = 0; i < N; i++)"});
  }

  void report_too_complex(uint32_t pc) {
    stopped_ = true;
    if (analysis_.report.any()) return;
    analysis_.error(current_loop_ != UINT32_MAX ? current_loop_ : pc,
                    {"too-complex", "the program needs more steps to analyse than this verifier takes",
                     fmt::format("at most {} steps", kMaxSteps), "the analysis was given up in this loop or near it",
                     "give the loop a smaller bound, or move work out of it"});
  }

  Analysis& analysis_;
  const Flow& flow_;
  Observer* observer_;
  Cost bound_;
  uint64_t steps_ = 0;
  uint32_t current_loop_ = UINT32_MAX;
  bool stopped_ = false;
};

}  // namespace

Cost run_fixpoint(Analysis& analysis, const Flow& flow, Observer* observer) {
  return Fixpoint(analysis, flow, observer).run();
}

}  // namespace perdita::verifier
