// SPDX-License-Identifier: Apache-2.0
#include "verifier/callback_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "verifier/describe.h"
#include "verifier/widen.h"

namespace perdita::verifier {
namespace {

// Rounds in which states are kept apart; later ones join and widen.
constexpr unsigned kExactRounds = 3;
constexpr size_t kMaxKnown = 16;

constexpr int64_t kTooBig = -7;  // E2BIG, as the engines return it

Scalar64 between(int64_t low, uint64_t high) { return domain::signed_scalar<64, 32>(low, static_cast<int64_t>(high)); }

// int (uint64_t index, void *data). Sound: the helper counts from 0 and stops below nr, its argument cut to 32 bits;
// where nr is above the limit it does nothing and says so.
void plan_loop(CallbackPlan& plan, const Scalar64& count, const RegValue& data) {
  Scalar64 nr = domain::zero_extended(count, 32);
  uint64_t most = std::min<uint64_t>(nr.wide.u.max, isa::kMaxLoopIterations);
  bool may_fail = nr.wide.u.max > isa::kMaxLoopIterations;
  plan.most_iterations = most;
  plan.may_skip = nr.wide.u.min == 0 || may_fail;
  plan.result = between(may_fail ? kTooBig : plan.may_skip ? 0 : 1, most);
  plan.arguments[0] = RegValue::scalar(between(0, most == 0 ? 0 : most - 1));
  plan.arguments[1] = data;
}

// int (map, const void *key, void *value, void *data)
void plan_walk(Analysis& analysis, CallbackPlan& plan, uint16_t map, size_t depth, const RegValue& data) {
  const isa::MapDef& def = analysis.subject.module.maps[map].def;
  plan.walks = true;
  bool is_array = def.type == isa::MapType::array;
  plan.most_iterations = is_array ? def.max_entries : uint64_t{def.max_entries} + isa::kMostSpareElements;
  plan.may_skip = !is_array;
  plan.result = between(is_array ? 1 : 0, plan.most_iterations);
  plan.arguments[0] = RegValue::of_kind(RegKind::map);
  plan.arguments[1] = RegValue::of_kind(RegKind::map_key);
  plan.arguments[1].frame = static_cast<uint8_t>(depth);
  plan.arguments[2] = RegValue::of_kind(RegKind::map_value);
  for (unsigned i = 0; i < 3; i++) plan.arguments[i].map = map;
  plan.arguments[3] = data;
}

}  // namespace

std::optional<CallbackPlan> plan_callbacks(Analysis& analysis, State& state, uint32_t pc) {
  const perdita_function& helper = called_function(analysis, pc);
  const RegValue flags = state.regs[4];
  const RegValue first = state.regs[1];
  std::optional<CheckedCall> call = begin_call(analysis, state, pc);
  if (!call) return std::nullopt;
  if (!flags.is_constant(0)) {
    analysis.error(pc, {"argument-range", fmt::format("argument 4 of {}: flags must be 0", helper.name), "the number 0",
                        describe(analysis.subject.module, flags), "pass 0 for the flags"});
    return std::nullopt;
  }
  CallbackPlan plan;
  plan.subprogram = *call->callback;
  if (helper.helper == isa::kHelperLoop) {
    plan_loop(plan, first.value, call->callback_data);
  } else {
    plan_walk(analysis, plan, *call->map, state.frames.size(), call->callback_data);
  }
  // What its offset is counted from is known in this state, not in those that iterations leave behind.
  for (RegValue& argument : plan.arguments) argument.offset_id = kNoId;
  state.regs[0] = {};
  CallSite site{pc, plan.subprogram};
  auto& known = analysis.callbacks[state.frames.back().subprogram];
  if (std::find(known.begin(), known.end(), site) == known.end()) known.push_back(site);
  return plan;
}

CallbackLoop::CallbackLoop(Analysis& analysis, CallbackPlan plan, State before)
    : analysis_(analysis), plan_(std::move(plan)), before_(before.cost.most()) {
  before.cost = {};
  if (plan_.may_skip) after_.add(before, analysis_.next_id);
  if (plan_.most_iterations == 0) return;
  known_.add(before);
  fresh_.add(std::move(before));
}

void CallbackLoop::pass_arguments(State& state) const {
  for (unsigned i = 0; i < PERDITA_MAX_ARGS; i++) {
    RegValue argument = plan_.arguments[i];
    // An element of its own: not the one that an iteration before may have left a pointer to.
    if (argument.kind == RegKind::map_value) argument.id = analysis_.fresh_id();
    state.regs[i + 1] = argument;
  }
}

void CallbackLoop::came_back(States states) {
  rounds_++;
  for (State& state : states) {
    per_iteration_.raise_to(state.cost.most());
    const RegValue result = std::exchange(state.regs[0], {});
    state.cost = {};
    after_.add(state, analysis_.next_id);
    // 1 ends the loop; so does an error, which was reported.
    bool goes_on = result.is_scalar() && result.value.contains(0);
    if (goes_on && plan_.most_iterations > 1) add(std::move(state));
  }
}

// Sound: every state that an iteration may begin with is in `known_`, and what is not covered by what was there before
// is in `fresh_`, to be analysed.
void CallbackLoop::add(State state) {
  auto covers_state = [&state](const State& known) { return covers(known, state); };
  if (std::any_of(known_.begin(), known_.end(), covers_state)) return;
  if (rounds_ <= kExactRounds && known_.size() < kMaxKnown) {
    known_.add(state);
    fresh_.add(std::move(state));
    return;
  }
  // States that hold different reservations are not joined: each kind has a state of its own that is widened.
  State wider = std::move(state);
  bool first = true;
  for (const State& known : known_) {
    if (known.reservations != wider.reservations) continue;
    wider = first ? widen(known, wider, analysis_.next_id) : join(known, wider, analysis_.next_id);
    first = false;
  }
  known_.erase_if([&wider](const State& known) { return known.reservations == wider.reservations; });
  fresh_.erase_if([&wider](const State& fresh) { return fresh.reservations == wider.reservations; });
  known_.add(wider);
  fresh_.add(std::move(wider));
}

States CallbackLoop::finish() {
  Cost cost = before_;
  Cost iteration = per_iteration_;
  // Of a map's elements each is a step, and those in use are iterations: together no more than their bound.
  if (plan_.walks) iteration.add_walk_step();
  cost.add_loop();
  cost.add_times(iteration, plan_.most_iterations);
  States states = after_.take();
  for (State& state : states) {
    state.cost = PathCost(cost);
    state.regs[0] = RegValue::scalar(plan_.result);
  }
  return states;
}

}  // namespace perdita::verifier
